#!/usr/bin/env bash
# Makes artifacts/vm/root.img: Debian with systemd, sshd and what orchd's packages depend on, for the kernel that eng/vm-kernel.sh fetches. The key that gets in is made with it.
set -euo pipefail
cd "$(dirname "$0")/../.."
source eng/install.sh
need debootstrap e2fsprogs openssh-client
eng/vm-kernel.sh

out=artifacts/vm
stamp=$(sha256sum "$0" | cut -d' ' -f1)
if [ -e "$out/root.img" ] && [ "$(cat "$out/root.stamp" 2>/dev/null)" = "$stamp" ]; then exit 0; fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | head -n 1)
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
kernel=$(basename "$out"/vmlinuz-*)
echo "making a root file system of Debian $suite with the kernel ${kernel#vmlinuz-}"
packages=systemd,systemd-sysv,dbus,udev,kmod,initramfs-tools,zstd,iproute2,nftables,openssh-server,curl,procps,libssl3,zlib1g,libgcc-s1,libstdc++6,ca-certificates
debootstrap --variant=minbase --include="$packages" "$suite" "$work/root" "$mirror" >"$out/debootstrap.log"

# The modules of the very kernel that boots it.
(cd "$work" && apt-get download -qq "linux-image-${kernel#vmlinuz-}" 2>/dev/null && dpkg -x linux-image-*.deb kernel)
mkdir -p "$work/root/usr/lib/modules"
cp -R "$work"/kernel/lib/modules/* "$work/root/usr/lib/modules/"
chroot "$work/root" depmod "${kernel#vmlinuz-}"
cp "$work"/kernel/boot/config-* "$work/root/boot/"
chroot "$work/root" mkinitramfs -o /boot/initrd "${kernel#vmlinuz-}"
mv "$work/root/boot/initrd" "$out/initrd"

rm -f "$out/key" "$out/key.pub"
ssh-keygen -q -t ed25519 -N '' -C 'of the virtual machines' -f "$out/key"
install -d -m 700 "$work/root/root/.ssh"
install -m 600 "$out/key.pub" "$work/root/root/.ssh/authorized_keys"
echo 'root:*' | chroot "$work/root" chpasswd -e
printf 'PermitRootLogin prohibit-password\nUseDNS no\n' >"$work/root/etc/ssh/sshd_config.d/vm.conf"
echo '/dev/vda / ext4 defaults 0 1' >"$work/root/etc/fstab"
install -m 755 /dev/stdin "$work/root/usr/local/sbin/vm-network" <<'NETWORK'
#!/bin/sh
# The machine's name and addresses, from the kernel's command line: vm.number=N.
set -e
number=$(sed -n 's/.*vm\.number=\([0-9]*\).*/\1/p' /proc/cmdline)
hostname "vm$number"
echo "vm$number" >/etc/hostname
ip link set lo up
for device in /sys/class/net/e*; do
  case $(cat "$device/address") in
    52:54:00:aa:*) ip address replace 10.0.2.15/24 dev "$(basename "$device")" ;;
    *) ip address replace "10.79.0.$number/24" dev "$(basename "$device")" ;;
  esac
  ip link set "$(basename "$device")" up
done
NETWORK
cat >"$work/root/etc/systemd/system/vm-network.service" <<'UNIT'
[Unit]
Description=Name and addresses of this virtual machine
Before=network.target network-online.target ssh.service
DefaultDependencies=no
After=local-fs.target systemd-udev-settle.service
Wants=systemd-udev-settle.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/sbin/vm-network
[Install]
WantedBy=multi-user.target network-online.target
UNIT
chroot "$work/root" systemctl -q enable vm-network.service ssh.service
chroot "$work/root" systemctl -q mask apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer fstrim.timer man-db.timer
rm -rf "$work"/root/var/cache/apt/archives/*.deb "$work"/root/var/lib/apt/lists/*

truncate -s 4G "$work/root.img"
mkfs.ext4 -q -F -d "$work/root" "$work/root.img"
mv "$work/root.img" "$out/root.img"
echo "$stamp" >"$out/root.stamp"
