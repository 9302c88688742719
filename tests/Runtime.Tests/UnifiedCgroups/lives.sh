#!/bin/sh
# A container's life where cgroup v2 is all there is. What it prints is held against lives.expected.
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t tmpfs run /run
mount -t cgroup2 cgroup2 /sys/fs/cgroup
group=/sys/fs/cgroup/parent/c1
show() { for file in "$@"; do echo "  $file: $(cat $group/$file)"; done; }
say() { echo "$* -> $?"; }
status() { orun state c1 | sed 's/.*"status":"\([a-z]*\)".*/  it is \1/'; }

cd /bundle || exit
echo BEGIN
orun run --detach c1
say run
show memory.max cpu.max cpu.weight pids.max
orun exec c1 sh -c 'cat /proc/self/cgroup; echo x >/dev/null; mknod /dev/kmsg2 c 1 11; echo x >/dev/kmsg2' 2>&1
say exec, which may not write to a device that is not allowed
orun update --pids-limit 43 --memory 33554432 c1
say update
show pids.max memory.max
orun pause c1
say pause
show cgroup.freeze
status
orun resume c1
say resume
show cgroup.freeze
orun events --stats c1 | grep -q '"limit":33554432'
say events
orun exec c1 dd if=/dev/zero of=/dev/null bs=60000000 count=1 2>&1
say exec, which needs more memory than there may be
orun exec c1 sh -c 'i=0; while [ $i -lt 60 ]; do sleep 9 & i=$((i+1)); done' 2>&1 | grep -c "can't fork" | sed 's/[1-9][0-9]*/  a process too many is refused/'
orun kill c1 KILL
say kill
while ! orun state c1 | grep -q stopped; do :; done
status
orun delete c1
say delete
[ -e /sys/fs/cgroup/parent/c1 ]
say nothing is left
echo END
poweroff -f
