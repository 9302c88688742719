#!/usr/bin/env bash
# Three virtual machines with kernels and systemd of their own become a cluster from the Debian packages: apply, an answer through the ingress, limits by cgroup v2, one loses
# its power and comes back, one reboots, one is upgraded and its pods go on, the CA is replaced, one is emptied by its own stop.
# About a quarter of an hour on two cores. Says each thing when it is seen; the first that is not ends it.
set -euo pipefail
cd "$(dirname "$0")/../.."
source eng/install.sh
need qemu-system-x86 iproute2 openssh-client busybox-static dpkg-dev
./build.sh package
deploy/qemu/image.sh
eng/hello-image.sh artifacts/vm/hello.tar
source deploy/qemu/vms.sh
trap everything_down EXIT
SECONDS=0
said=$started/said
exec > >(tee "$said") # what is seen in full is kept in docs/vm-run.md

provision() { # NUMBER OPTION...
  local n=$1 packages=(artifacts/packages/*.deb)
  shift
  on "$n" 'rm -rf /root/new && mkdir /root/new && tar -C /root/new --no-same-owner -xf -' \
    < <(tar -cf - -C "$PWD/artifacts/packages" "${packages[@]##*/}" -C "$PWD/deploy" provision.sh)
  on "$n" sh /root/new/provision.sh --packages /root/new --name "vm$n" --address "10.79.0.$n" "$@" | tail -n 1
}
orch() { on 1 orch "$@"; }
says() { orch "${@:2}" | grep -q -- "$1"; }
ready() { [ "$(orch get pods -l app=hello --no-headers | grep -c '1/1 *Running')" = "$1" ]; }
nodes_ready() { [ "$(orch get nodes --no-headers | grep -c ' Ready ')" = "$1" ]; }
only_on_two() { [ "$(orch get pods -l app=hello --no-headers -o wide | grep '1/1 *Running' | grep -c -v vm3)" = 3 ]; }
page() { on "$1" "curl -sf --max-time 3 -H 'Host: hello.example' http://10.79.0.$2/" | grep -q 'Hello from pod'; }
pids() { on "$1" "pgrep -f '[h]ttpd -f -p 8080' | sort | tr '\n' ' '"; }

echo "three machines: kernel $(basename "$vm"/vmlinuz-* | sed s/vmlinuz-//), Debian $(. /etc/os-release && echo "$VERSION_ID"), without KVM, on $(nproc) cores"
network_up
for n in 1 2 3; do boot $n; done
for n in 1 2 3; do hold 240 "vm$n has booted" on $n true; done
on 1 'stat -f -c "cgroups: %T" /sys/fs/cgroup'

# A processor that is emulated is so slow that a living node would now and then count as lost.
provision 1 --server --with-agent --with-ingress --set node-lease=20
hold 120 "the first server has made its cluster" orch token ls
for n in 2 3; do
  provision $n --agent --join 10.79.0.1 --token "$(orch token create --role agent --once -q)"
done
hold 180 "three nodes are ready" nodes_ready 3
orch get nodes -o wide

on 1 'cat >/root/hello.tar' <artifacts/vm/hello.tar
on 1 'cat >/root/hello.yaml' <manifests/hello.yaml
orch image import /root/hello.tar
orch apply -f /root/hello.yaml
hold 240 "three pods are ready" ready 3
hold 60 "the page comes through vm1" page 1 1
hold 60 "vm2 reaches the ingress, too" page 2 1
orch get pods -o wide

on 1 'cat >/root/limits.yaml' <deploy/qemu/limits.yaml
orch apply -f /root/limits.yaml
hold 120 "a pod with limits runs" says Running get pod limited
where=$(orch get pod limited --no-headers -o wide | grep -o 'vm[123]' | head -n 1)
limits=$(on "${where#vm}" sh -s <deploy/qemu/limits.sh 2>&1) || { echo "NOT SEEN: limits in the kernel of $where: $limits"; exit 1; }
echo "cgroup v2 on $where: $limits"
shows() { case $limits in *"$2"*) echo "ok  $1" ;; *) echo "NOT SEEN: $1" && exit 1 ;; esac; }
shows "its limits of memory and cpu are the kernel's" "memory.max 62914560, cpu.max 20000 100000"
shows "a limit of the disk, set while it runs, is the kernel's and holds" "rbps=1048576 wbps=1048576"
shows "the runtime tells what it uses" '"type":"stats"'
hold 60 "and so does the cluster" says limited top pods
orch top pods
hold 120 "a pod that takes too much memory is named OOMKilled" says OOMKilled describe pod greedy
orch delete -f /root/limits.yaml

echo "vm3 loses its power"
cut_power 3
hold 240 "three pods are ready on the other two machines" only_on_two
hold 60 "the page comes" page 1 1
boot 3
hold 240 "vm3 is back: three nodes are ready" nodes_ready 3

echo "vm2 reboots"
before=$(on 2 cat /proc/sys/kernel/random/boot_id)
on 2 systemctl reboot || true
rebooted() {
  local now
  now=$(on 2 cat /proc/sys/kernel/random/boot_id) && [ -n "$now" ] && [ "$now" != "$before" ]
}
hold 240 "vm2 has rebooted" rebooted
hold 120 "its agent is up" on 2 systemctl -q is-active orchd-agent
hold 240 "three nodes are ready" nodes_ready 3
hold 240 "three pods are ready" ready 3

echo "vm1 is upgraded"
orch scale deployment/hello --replicas 6
hold 240 "six pods are ready" ready 6
before=$(pids 1)
[ -n "${before// /}" ] || { echo "NOT SEEN: a pod on vm1"; exit 1; }
deploy/qemu/next-version.sh artifacts/packages "$started/next" 0.1.1
on 1 'rm -rf /root/new && mkdir /root/new && tar -C /root/new --no-same-owner -xf -' < <(tar -cf - -C "$started/next" .)
on 1 'dpkg -i /root/new/*.deb' | tail -n 3
upgraded() { [ "$(on 1 dpkg-query -W -f '\${Version}' orchd)" = 0.1.1 ] && on 1 systemctl -q is-active orchd-server; }
hold 180 "vm1 runs what the new packages brought" upgraded
hold 180 "three nodes are ready" nodes_ready 3
[ "$(pids 1)" = "$before" ] || { echo "NOT SEEN: the same processes of pods on vm1: $before, now $(pids 1)"; exit 1; }
echo "ok  the pods of vm1 are the same processes as before: $before"
hold 60 "the page comes through vm1" page 1 1

echo "another CA for all three"
orch ca rotate
hold 60 "three nodes are ready" nodes_ready 3

echo "vm2 stops, with drain-on-stop"
on 2 "printf 'drain-on-stop: true\n' >>/etc/orchd/config.yaml && systemctl restart orchd-agent"
hold 180 "three nodes are ready" nodes_ready 3
on 2 systemctl stop orchd-agent
none_on_two() { [ "$(orch get pods -l app=hello --no-headers -o wide | grep -c vm2)" = 0 ]; }
none_on_two || { echo "NOT SEEN: vm2 without pods when its agent has stopped"; exit 1; }
echo "ok  its pods had moved when it had stopped: $(on 2 "systemctl show -p Result --value orchd-agent")"
hold 60 "six pods are ready" ready 6
on 2 systemctl start orchd-agent
hold 180 "vm2 takes pods again: three nodes are ready" nodes_ready 3

echo "vm3 leaves"
orch drain vm3 || true
orch delete node vm3
on 3 dpkg --purge orchd orun orch | tail -n 3
left=$(on 3 'ls -d /var/lib/orchd /run/orchd /etc/orchd /sys/fs/cgroup/orch /usr/lib/orchd 2>/dev/null; ip -br link | grep orch; nft list tables | grep orch; pgrep -a orun; grep -E "orchd|orun" /proc/mounts' || true)
[ -z "$left" ] || { echo "NOT SEEN: nothing left on vm3: $left"; exit 1; }
echo "ok  the purge has left nothing on vm3"
hold 120 "three pods and more are ready on the other two" ready 6
echo "all of it was seen, in $((SECONDS / 60)) minutes"
sleep 1 # tee is behind
{
  printf '# The last run of the virtual machines\n\n`./test.sh --vm` on %s said:\n\n```\n' "$(date -u '+%-d %B %Y')"
  cat "$said"
  echo '```'
} >docs/vm-run.md
