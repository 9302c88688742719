#!/usr/bin/env bash
# Makes the Debian packages and the archive in artifacts/packages. ./build.sh package calls it, with everything built.
set -euo pipefail
cd "$(dirname "$0")/.."
source eng/install.sh
need dpkg-dev help2man xz-utils

bin=artifacts/bin out=artifacts/packages
version=$(sed -n 's|.*<Version>\(.*\)</Version>.*|\1|p' Directory.Build.props)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"
rm -f "$out"/*.deb "$out"/*.tar.xz

# With the runtime in it: the machines need no .NET.
dotnet publish src/Daemon -c Release -r linux-x64 --self-contained -p:SelfContained=true -o "$work/orchd" -v quiet -nologo
rm -f "$work"/orchd/*.pdb "$work/orchd/libcoreclrtraceptprovider.so" # the latter is for tracing with LTTng, which would have to be installed

man() { # PROGRAM SECTION WHAT ROOT
  mkdir -p "$4/usr/share/man/man$2"
  help2man --no-info --no-discard-stderr --section="$2" --name="$3" "$PWD/$bin/$1" | gzip -9n >"$4/usr/share/man/man$2/$1.$2.gz"
}

pack() { # NAME ROOT DEPENDS SUMMARY DETAILS
  mkdir -p "$2/DEBIAN"
  cat >"$2/DEBIAN/control" <<CONTROL
Package: $1
Version: $version
Architecture: amd64
Maintainer: The orchestrator's developers <orchestrator@localhost>
Section: admin
Priority: optional
Depends: $3
Installed-Size: $(du -sk --exclude=DEBIAN "$2" | cut -f1)
Description: $4
 $5
CONTROL
  find "$2" -type d -exec chmod 755 {} +
  (cd "$2" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | xargs -0 md5sum >DEBIAN/md5sums)
  dpkg-deb --root-owner-group -Zxz -z1 --build "$2" "$out/$1_${version}_amd64.deb" >/dev/null
}

root=$work/orch
install -Dm755 "$bin/orch" "$root/usr/bin/orch"
for shell in bash:usr/share/bash-completion/completions/orch zsh:usr/share/zsh/vendor-completions/_orch fish:usr/share/fish/vendor_completions.d/orch.fish; do
  mkdir -p "$root/$(dirname "${shell#*:}")"
  "$bin/orch" completion "${shell%%:*}" >"$root/${shell#*:}"
done
man orch 1 "work with a cluster of the orchestrator" "$root"
pack orch "$root" "libc6" "container orchestrator: the command line" "Applies manifests, shows what runs and why, drains, plans, looks after the servers."

root=$work/orun
install -Dm755 "$bin/orun" "$root/usr/bin/orun"
man orun 8 "an OCI runtime" "$root"
pack orun "$root" "libc6" "container orchestrator: the OCI runtime" "Runs containers by the OCI runtime specification, for the orchestrator, Docker, podman or containerd."

root=$work/daemon
mkdir -p "$root/usr/lib" "$root/usr/bin"
cp -R "$work/orchd" "$root/usr/lib/orchd"
ln -s ../lib/orchd/orchd "$root/usr/bin/orchd"
ln -s ../../bin/orun "$root/usr/lib/orchd/orun"
install -Dm644 -t "$root/usr/lib/systemd/system" deploy/systemd/*.service
install -Dm600 deploy/config.yaml "$root/etc/orchd/config.yaml"
man orchd 8 "server, node agent and ingress of the orchestrator" "$root"
install -Dm755 -t "$root/DEBIAN" deploy/debian/postinst deploy/debian/prerm deploy/debian/postrm
install -Dm644 -t "$root/DEBIAN" deploy/debian/conffiles
pack orchd "$root" "libc6, libgcc-s1, libstdc++6, libssl3 | libssl3t64, zlib1g, nftables, orun (= $version)" "container orchestrator: the daemon" "The control plane on Raft, the node agent and the ingress, as units of systemd."

archive=orchestrator-$version-linux-x64
mkdir -p "$work/$archive/bin" "$work/$archive/lib"
cp "$bin/orch" "$bin/orun" "$work/$archive/bin/"
cp -R "$work/orchd" "$work/$archive/lib/orchd"
cp -R deploy/systemd deploy/config.yaml deploy/install.sh LICENSE "$work/$archive/"
XZ_OPT='-1 -T0' tar -C "$work" --owner=0 --group=0 -cJf "$out/$archive.tar.xz" "$archive"
(cd "$out" && sha256sum -- *.deb *.tar.xz >SHA256SUMS)
echo "in $out:"
(cd "$out" && ls -1)
