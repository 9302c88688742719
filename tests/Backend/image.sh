#!/usr/bin/env bash
# Makes the image backend:1 of this program: itself, and the libraries of the system that it needs. Writes it as a docker archive.
set -euo pipefail
target=${1:?usage: tests/Backend/image.sh FILE.tar [NAME]}
name=${2:-backend:1}
here=$(cd "$(dirname "$0")" && pwd)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

chmod 755 "$root"
dotnet publish "$here" -c Release -r linux-x64 -o "$root/publish" -v quiet -nologo
mkdir -p "$root/bin" "$root/tmp"
mv "$root/publish/backend" "$root/bin/backend"
rm -rf "$root/publish"
# The framework finds OpenSSL by its name: the handshake of a websocket needs a hash.
openssl=$(ldconfig -p | grep -o '/[^ ]*/lib\(ssl\|crypto\)\.so\.3' | head -n 2)
for library in $(ldd "$root/bin/backend" $openssl | grep -o '/[^ :]*\.so[^ :]*' | sort -u) $openssl; do
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done
"$here/../../eng/image-archive.sh" "$root" "$target" "$name" /bin/backend
