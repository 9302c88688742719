#!/usr/bin/env bash
# Makes the image hello:1 out of busybox: a web server that says which pod it is. Writes it as a docker archive.
set -euo pipefail
target=${1:?usage: eng/hello-image.sh FILE.tar [NAME]}
name=${2:-hello:1}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir -p "$work/root/bin" "$work/root/www" "$work/root/tmp" "$work/root/etc" "$work/image/layer"
cp /bin/busybox "$work/root/bin/busybox"
for tool in sh httpd hostname echo sleep cat ls ps wget id; do ln -s busybox "$work/root/bin/$tool"; done
echo 'root:x:0:0:root:/:/bin/sh' >"$work/root/etc/passwd"
cat >"$work/root/start" <<'START'
#!/bin/sh
echo "Hello from pod $(hostname)" >/www/index.html
echo "serving on port 8080"
trap 'echo "stopping"; exit 0' TERM
httpd -f -p 8080 -h /www &
wait
START
chmod +x "$work/root/start"

tar -C "$work/root" --owner=0 --group=0 --numeric-owner --mtime=@0 --sort=name -cf "$work/image/layer/layer.tar" .
layer=$(sha256sum "$work/image/layer/layer.tar" | cut -d' ' -f1)
cat >"$work/image/config.json" <<CONFIG
{"architecture":"amd64","os":"linux","config":{"Cmd":["/start"],"Env":["PATH=/bin"]},"rootfs":{"type":"layers","diff_ids":["sha256:$layer"]}}
CONFIG
cat >"$work/image/manifest.json" <<MANIFEST
[{"Config":"config.json","RepoTags":["$name"],"Layers":["layer/layer.tar"]}]
MANIFEST
tar -C "$work/image" --owner=0 --group=0 --numeric-owner --mtime=@0 --sort=name -cf "$target" .
