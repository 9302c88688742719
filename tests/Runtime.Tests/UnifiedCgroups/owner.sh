#!/bin/sh
# A container with a user namespace makes a cgroup below its own. What it prints is held against owner.expected.
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t tmpfs run /run
mount -t cgroup2 cgroup2 /sys/fs/cgroup
chown -R 100000:100000 /bundle/rootfs
cd /bundle || exit
echo BEGIN
orun run c1 2>&1
echo "run -> $?"
echo END
poweroff -f
