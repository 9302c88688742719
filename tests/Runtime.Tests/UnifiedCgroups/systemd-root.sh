#!/usr/bin/env bash
# Adds this host's own systemd and message bus to the root directory of the virtual machine, and a unit that runs /script.sh.
set -euo pipefail
root=$1
programs=(/lib/systemd/systemd /usr/bin/systemctl /usr/bin/dbus-daemon)
files=(/usr/share/dbus-1 /lib/systemd/system/dbus.service /lib/systemd/system/dbus.socket)
for file in $(ldd "${programs[@]}" | grep -o '/[^ :]*\.so[^ :]*' | sort -u) "${programs[@]}" "${files[@]}"; do cp -rL --parents "$file" "$root"; done
mkdir -p "$root/etc/systemd/system" "$root/var" "$root/tmp"
ln -s /run "$root/var/run"
echo 'Debian' >"$root/etc/os-release"
printf 'root:x:0:0:root:/:/bin/sh\nmessagebus:x:100:100::/:/bin/false\n' >"$root/etc/passwd"
printf 'root:x:0:\nmessagebus:x:100:\n' >"$root/etc/group"
cat >"$root/etc/systemd/system/default.target" <<'UNIT'
[Unit]
Requires=script.service
UNIT
cat >"$root/etc/systemd/system/script.service" <<'UNIT'
[Unit]
DefaultDependencies=no
Requires=dbus.socket
After=dbus.socket
[Service]
Type=oneshot
ExecStart=/script.sh
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
UNIT
# The bus comes up at once: there is nothing else to wait for.
for unit in dbus.service dbus.socket; do
  mkdir -p "$root/etc/systemd/system/$unit.d"
  printf '[Unit]\nDefaultDependencies=no\nRequires=\nAfter=\n' >"$root/etc/systemd/system/$unit.d/at-once.conf"
done
