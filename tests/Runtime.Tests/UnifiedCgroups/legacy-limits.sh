#!/bin/sh
# Every limit there is, on a host with all controllers of cgroup v1. What it prints is held against legacy-limits.expected.
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t tmpfs run /run
mount -t tmpfs cgroup /sys/fs/cgroup
for controller in cpuset cpu,cpuacct blkio memory devices freezer net_cls,net_prio perf_event hugetlb pids rdma; do
  mkdir /sys/fs/cgroup/$controller
  mount -t cgroup -o $controller cgroup /sys/fs/cgroup/$controller
done
show() { for file in "$@"; do echo "  $file: $(cat /sys/fs/cgroup/${file%%:*}/c1/${file##*:})"; done; }
say() { echo "$* -> $?"; }
cd /bundle || exit
echo BEGIN
orun run --detach c1 2>&1
say run
if [ ! -d /sys/fs/cgroup/cpuset/c1 ]; then
  # A kernel without weights: the refusal stands above.
  sed -i 's/"blockIO":{"weight":500},//' config.json
  orun run --detach c1 2>&1
  say run without a weight
fi
show memory:memory.limit_in_bytes memory:memory.soft_limit_in_bytes memory:memory.memsw.limit_in_bytes memory:memory.swappiness
grep oom_kill_disable /sys/fs/cgroup/memory/c1/memory.oom_control
show cpu,cpuacct:cpu.shares cpu,cpuacct:cpu.cfs_quota_us cpu,cpuacct:cpu.cfs_period_us cpu,cpuacct:cpu.cfs_burst_us cpuset:cpuset.cpus cpuset:cpuset.mems
show pids:pids.max hugetlb:hugetlb.2MB.limit_in_bytes hugetlb:hugetlb.2MB.rsvd.limit_in_bytes net_cls,net_prio:net_cls.classid
grep lo /sys/fs/cgroup/net_cls,net_prio/c1/net_prio.ifpriomap
orun update --cpu-share 2048 --cpu-burst 10000 --memory 96m --memory-swap 128m --memory-reservation 16m --pids-limit -1 c1 2>&1
say update
show memory:memory.limit_in_bytes memory:memory.memsw.limit_in_bytes memory:memory.soft_limit_in_bytes cpu,cpuacct:cpu.shares cpu,cpuacct:cpu.cfs_burst_us pids:pids.max
orun update --cpu-idle 1 c1 2>&1
say update to idle
show cpu,cpuacct:cpu.idle
echo '{"unified":{"memory.high":"1"}}' | orun update -r - c1 2>&1
echo '{"rdma":{"nothing0":{"hcaHandles":3}}}' | orun update -r - c1 2>&1
echo '{"hugepageLimits":[{"pageSize":"3MB","limit":0}]}' | orun update -r - c1 2>&1
orun exec c1 cat /proc/self/cgroup | grep -v name=
orun delete --force c1
say delete
ls -d /sys/fs/cgroup/*/c1 2>/dev/null
say nothing is left
echo END
poweroff -f
