#!/bin/sh
# Every limit there is, where cgroup v2 is all there is. What it prints is held against unified-limits.expected.
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t tmpfs run /run
mount -t cgroup2 cgroup2 /sys/fs/cgroup
group=/sys/fs/cgroup/c1
show() { for file in "$@"; do echo "  $file: $(cat $group/$file)"; done; }
say() { echo "$* -> $?"; }
cd /bundle || exit
echo BEGIN
orun run --detach c1 2>&1
say run
if [ ! -d $group ]; then
  # A kernel without weights: the refusal stands above.
  sed -i 's/"blockIO":{"weight":500},//' config.json
  orun run --detach c1 2>&1
  say run without a weight
fi
show memory.max memory.low memory.high memory.swap.max cpu.weight cpu.max cpu.max.burst cpu.idle cpuset.cpus cpuset.mems pids.max hugetlb.2MB.max hugetlb.2MB.rsvd.max io.weight
orun update --cpu-share 2048 --cpu-burst 10000 --cpuset-cpus 0 --memory 96m --memory-swap 128m --memory-reservation 16m --pids-limit -1 c1 2>&1
say update
show memory.max memory.low memory.swap.max cpu.weight cpu.max.burst pids.max
orun update --memory-swap 160m c1 2>&1
say update of swap alone
show memory.swap.max
orun update --cpu-idle 1 c1 2>&1
say update to idle
show cpu.idle
echo '{"memory":{"limit":4096,"checkBeforeUpdate":true}}' | orun update -r - c1 2>&1 | sed 's/the [0-9]* bytes/the N bytes/'
echo '{"cpu":{"realtimeRuntime":1000}}' | orun update -r - c1 2>&1
echo '{"network":{"classID":5}}' | orun update -r - c1 2>&1
echo '{"hugepageLimits":[{"pageSize":"3MB","limit":0}]}' | orun update -r - c1 2>&1
orun delete --force c1
say delete
echo END
poweroff -f
