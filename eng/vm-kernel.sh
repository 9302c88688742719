#!/usr/bin/env bash
# Fetches Debian's cloud kernel into artifacts/vm, for tests in a virtual machine. Nothing is installed.
set -euo pipefail
cd "$(dirname "$0")/.."
compgen -G 'artifacts/vm/vmlinuz*' >/dev/null && exit 0
newest() { apt-cache depends linux-image-cloud-amd64 2>/dev/null | sed -n 's/.*Depends: \(linux-image-[^ ]*\).*/\1/p' | head -n 1; }
package=$(newest)
[ -n "$package" ] || { apt-get update -qq && package=$(newest); }
echo "fetching the kernel of the Debian package $package"
mkdir -p artifacts/vm
fetched=$(mktemp -d)
trap 'rm -rf "$fetched"' EXIT
(cd "$fetched" && apt-get download -qq "$package" 2>/dev/null && dpkg -x ./*.deb .)
cp "$fetched"/boot/vmlinuz* artifacts/vm/
