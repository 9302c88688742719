#!/usr/bin/env bash
# Makes the image hello:1 out of busybox: a web server that says which pod it is. Writes it as a docker archive.
set -euo pipefail
target=${1:?usage: eng/hello-image.sh FILE.tar [NAME]}
name=${2:-hello:1}
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

mkdir -p "$root/bin" "$root/www" "$root/tmp" "$root/etc"
chmod 755 "$root"
cp /bin/busybox "$root/bin/busybox"
for tool in sh httpd hostname echo sleep cat ls ps wget id; do ln -s busybox "$root/bin/$tool"; done
echo 'root:x:0:0:root:/:/bin/sh' >"$root/etc/passwd"
cat >"$root/start" <<'START'
#!/bin/sh
echo "Hello from pod $(hostname)" >/www/index.html
echo "serving on port 8080"
trap 'echo "stopping"; exit 0' TERM
httpd -f -p 8080 -h /www &
wait
START
chmod +x "$root/start"
"$(dirname "$0")/image-archive.sh" "$root" "$target" "$name" /start
