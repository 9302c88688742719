#!/bin/sh
# Installs orch, orchd and orun from the unpacked archive, on any Linux with systemd: to /usr/local, or below the directory in PREFIX.
# usage: ./install.sh [--uninstall]
set -eu
cd "$(dirname "$0")"
prefix=${PREFIX:-/usr/local}
units=${UNITS:-/etc/systemd/system}

reload() {
  if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
}

if [ "$(id -u)" != 0 ]; then
  echo "install.sh: needs root" >&2
  exit 1
fi

case ${1:-} in
  "") ;;
  --uninstall)
    if [ -d /run/systemd/system ]; then
      systemctl --no-reload disable --now orchd-server.service orchd-agent.service orchd-ingress.service 2>/dev/null || true
    fi
    if [ -x "$prefix/bin/orchd" ]; then "$prefix/bin/orchd" reset --keep-data; fi
    rm -rf "$prefix/lib/orchd"
    rm -f "$prefix/bin/orch" "$prefix/bin/orchd" "$prefix/bin/orun" "$units/orchd-server.service" "$units/orchd-agent.service" "$units/orchd-ingress.service"
    reload
    echo "removed; the data in /var/lib/orchd and the configuration in /etc/orchd are still there"
    exit 0
    ;;
  *)
    echo "usage: ./install.sh [--uninstall]" >&2
    exit 2
    ;;
esac

mkdir -p "$prefix/bin" "$prefix/lib" "$units" /etc/orchd
rm -rf "$prefix/lib/orchd.new"
cp -R lib/orchd "$prefix/lib/orchd.new"
# Nobody sees half of it: the program that runs keeps the files it has open.
rm -rf "$prefix/lib/orchd.old"
if [ -d "$prefix/lib/orchd" ]; then mv "$prefix/lib/orchd" "$prefix/lib/orchd.old"; fi
mv "$prefix/lib/orchd.new" "$prefix/lib/orchd"
rm -rf "$prefix/lib/orchd.old"
for program in orch orun; do
  cp "bin/$program" "$prefix/bin/$program.new"
  mv "$prefix/bin/$program.new" "$prefix/bin/$program"
done
ln -sfn ../lib/orchd/orchd "$prefix/bin/orchd"
ln -sfn ../../bin/orun "$prefix/lib/orchd/orun"
for unit in systemd/*.service; do
  sed "s|/usr/bin/orchd|$prefix/bin/orchd|" "$unit" >"$units/$(basename "$unit")"
done
if [ ! -e /etc/orchd/config.yaml ]; then cp config.yaml /etc/orchd/config.yaml; fi
reload
if [ -d /run/systemd/system ]; then
  systemctl try-restart orchd-server.service orchd-agent.service orchd-ingress.service
fi
command -v nft >/dev/null || echo "install nftables too: services and the pod network need it" >&2
echo "installed below $prefix; write /etc/orchd/config.yaml, then: systemctl enable --now orchd-server (or orchd-agent, orchd-ingress)"
