#!/usr/bin/env bash
# Fetches the test suites of runc and crun, as Debian's source packages, into artifacts/suites, and builds the programs they need.
# Nothing of them is kept in this repository.
set -euo pipefail
cd "$(dirname "$0")/.."
source eng/install.sh
need bats jq gawk golang-go gcc libc6-dev libseccomp-dev pkg-config python3 procps debootstrap xz-utils busybox-static runc crun uidmap \
  golang-dbus-dev golang-github-cilium-ebpf-dev golang-github-containerd-console-dev golang-github-coreos-go-systemd-dev \
  golang-github-cyphar-filepath-securejoin-dev golang-github-docker-go-units-dev golang-github-moby-sys-dev golang-github-mrunalp-fileutils-dev \
  golang-github-opencontainers-selinux-dev golang-github-opencontainers-specs-dev golang-github-seccomp-libseccomp-golang-dev \
  golang-github-sirupsen-logrus-dev golang-github-urfave-cli-dev golang-github-vishvananda-netlink-dev golang-gocapability-dev \
  golang-golang-x-net-dev golang-google-protobuf-dev || exit 1
[ -e artifacts/suites/complete ] && exit 0
rm -rf artifacts/suites
mkdir -p artifacts/suites/apt/lists/partial artifacts/suites/bin
cd artifacts/suites
here=$PWD

sed 's/^Types: deb$/Types: deb-src/' /etc/apt/sources.list.d/debian.sources >apt/debian.sources
source_packages=(-o Dir::Etc::sourceparts=/dev/null -o "Dir::Etc::sourcelist=$here/apt/debian.sources" -o "Dir::State::Lists=$here/apt/lists"
  -o APT::Sandbox::User=root)
apt-get "${source_packages[@]}" -qq update
for package in runc crun; do
  echo "fetching the source package $package"
  apt-get "${source_packages[@]}" -qq source --download-only "$package"
  mkdir "$package"
  tar -xf "$package"_*.orig.tar.xz -C "$package" --strip-components 1
done

echo "building the helpers of runc's suite"
mkdir -p go/src/github.com/opencontainers
ln -s "$here/runc" go/src/github.com/opencontainers/runc
for helper in recvtty sd-helper seccompagent; do
  (cd go/src/github.com/opencontainers/runc &&
    GO111MODULE=off GOCACHE=$here/go/cache GOPATH=$here/go:/usr/share/gocode go build -tags seccomp -o contrib/cmd/$helper/$helper ./contrib/cmd/$helper)
done

echo "building the init program of crun's suite"
echo '#define HAVE_SECCOMP 1' >crun/config.h
gcc -w -static -I crun -o crun/tests/init crun/tests/init.c

echo "making the images of runc's suite"
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root"/busybox/{bin,dev,etc,home,lib,proc,root,sys,tmp,usr/sbin,var/spool,var/www}
cp /bin/busybox "$root/busybox/bin/"
for applet in $(/bin/busybox --list); do [ "$applet" = busybox ] || ln "$root/busybox/bin/busybox" "$root/busybox/bin/$applet"; done
printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n' >"$root/busybox/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/busybox/etc/group"
chmod 755 "$root/busybox"
chmod 1777 "$root/busybox/tmp"
mkdir -p runc/tests/integration/testdata
tar -C "$root/busybox" -cJf runc/tests/integration/testdata/busybox-amd64.tar.xz .
mirror=$(sed -n 's/^URIs: //p' /etc/apt/sources.list.d/debian.sources | head -n 1)
debootstrap --variant=minbase "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$root/debian" "$mirror" >/dev/null
rm -f "$root"/debian/var/cache/apt/archives/*.deb
tar -C "$root/debian" -c . | xz -1 -T2 >runc/tests/integration/testdata/debian-amd64.tar.xz
touch complete
