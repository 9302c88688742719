#!/bin/sh
# Runs inside a virtual machine: says what the kernel holds of the limits in limits.yaml, sets one of the disk while the container runs, writes against it, and says what the runtime counts.
set -eu
orun() { command orun --root /run/orchd/runtime "$@"; }

directory=$(dirname "$(grep -rl '^62914560$' /sys/fs/cgroup/orch --include=memory.max | grep -v '/pod[^/]*/memory.max' | head -n 1)")
cd "$directory"
echo "memory.max $(cat memory.max), cpu.max $(cat cpu.max), pids.max $(cat pids.max)"

process=$(head -n 1 cgroup.procs)
for container in $(orun list -q); do
  orun state "$container" | grep -q "\"pid\": *$process\b" && break
done
numbers=$(cat /sys/class/block/vda/dev)
rate="{\"major\": ${numbers%:*}, \"minor\": ${numbers#*:}, \"rate\": 1048576}"
echo "{\"blockIO\": {\"weight\": 500, \"throttleReadBpsDevice\": [$rate], \"throttleWriteBpsDevice\": [$rate]}}" | orun update -r - "$container"
echo "io.max $(cat io.max)"

began=$(date +%s)
orun exec "$container" /bin/busybox dd if=/dev/zero of=/tmp/written bs=64k count=64 conv=fsync 2>/dev/null
took=$(($(date +%s) - began))
echo "4 MiB at 1 MiB a second were written in $took s"
[ $took -ge 3 ]
orun events --stats "$container" | cut -c 1-240
