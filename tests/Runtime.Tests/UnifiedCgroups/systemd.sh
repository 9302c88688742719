#!/bin/sh
# Containers as scopes of systemd, which is the first program of the machine. What it prints is held against systemd.expected.
export PATH=/bin:/usr/bin
group=/sys/fs/cgroup/machine.slice/machine-a.slice/engine-c1.scope
say() { echo "$* -> $?"; }
unit() { systemctl show -p "$1" engine-c1.scope | sed 's/^/  unit: /'; }
files() { for file in "$@"; do echo "  $file: $(cat $group/$file)"; done; }
cd /bundle || exit
echo BEGIN
orun --systemd-cgroup run --detach c1 2>&1
say run
unit ActiveState
unit Slice
unit Description
unit Delegate
unit MemoryMax
unit MemoryLow
unit CPUWeight
unit CPUQuotaPerSecUSec
unit TasksMax
unit AllowedCPUs
files memory.max cpu.max cpu.weight pids.max cpuset.cpus
[ "$(cat $group/cgroup.procs)" = "$(orun state c1 | sed 's/.*"pid":\([0-9]*\).*/\1/')" ]
say its process and no other is in the scope
orun exec c1 sh -c 'cat /proc/self/cgroup; echo x >/dev/null' 2>&1
say exec
systemctl daemon-reload
files memory.max cpu.max pids.max
orun --systemd-cgroup update --memory 32m --pids-limit 43 --cpu-share 2048 c1 2>&1
say update
unit MemoryMax
unit TasksMax
unit CPUWeight
systemctl daemon-reload
files memory.max cpu.weight pids.max
orun pause c1 && files cgroup.freeze && orun resume c1
say pause and resume
orun kill c1 KILL
say kill
while ! orun state c1 | grep -q stopped; do :; done
orun --systemd-cgroup delete c1
say delete
[ -e $group ]
say the cgroup is gone
unit LoadState
orun --systemd-cgroup run --detach c1 2>&1
say another one of its name
orun --systemd-cgroup delete --force c1
say delete by force
unit LoadState
sed 's/"sleep"/"no-such-program"/' config.json >wrong.json
orun --systemd-cgroup create --config wrong.json c1 2>&1
say create with a program that is not there
unit LoadState
sed 's/machine-a.slice:engine:c1/\/machine\/c1/' config.json >wrong.json
orun --systemd-cgroup create --config wrong.json c1 2>&1
say create with a path
sed 's/machine-a.slice:engine:c1/machine--a.slice:engine:c1/' config.json >wrong.json
orun --systemd-cgroup create --config wrong.json c1 2>&1
say create in a slice that is none
orun create c1 2>&1
say create without systemd
sed 's/"machine-a.slice:engine:c1"/""/' config.json >without.json
orun --systemd-cgroup run --detach --config without.json c1 2>&1
systemctl is-active orun-c1.scope
say one without a place
orun delete --force c1
say delete without the flag
systemctl is-active orun-c1.scope
ls /run/orun
echo END
poweroff -f
