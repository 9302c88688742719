#!/usr/bin/env bash
# Measures the way through services' addresses beside the direct one, and how fast services get there; writes artifacts/bench/service.json. ROUNDS: turns of each.
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet build bench/Services -c Release -v quiet -nologo
image=$(mktemp --suffix=.tar)
eng/hello-image.sh "$image"
# Two machines with one link and no way out.
here=orch-bench-a-$$ there=orch-bench-b-$$
cleanup() { rm -f "$image"; for name in "$here" "$there"; do ip netns delete "$name" 2>/dev/null || true; done; find /sys/fs/cgroup -depth -type d -path '*/orch-bench*' -exec rmdir {} + 2>/dev/null || true; }
trap cleanup EXIT
ip netns add "$here"
ip netns add "$there"
ip -n "$here" link add eth0 type veth peer name eth0 netns "$there"
for pair in "$here 1" "$there 9"; do
  read -r name number <<<"$pair"
  ip -n "$name" link set lo up
  ip -n "$name" link set eth0 up
  ip -n "$name" address add "192.0.2.$number/24" dev eth0
  ip netns exec "$name" sysctl -qw net.ipv4.ip_local_port_range='1024 65000' net.ipv4.tcp_tw_reuse=1
done
# Connections that have ended are soon forgotten: a client that opens thousands a second has no ports left otherwise, whichever way it takes.
nsenter --net="/var/run/netns/$here" sh -c 'nft add table ip warm && nft add chain ip warm c "{ type nat hook output priority 0; }" && nft delete table ip warm && sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_time_wait=1 net.netfilter.nf_conntrack_tcp_timeout_close=1'
# nsenter leaves /sys as it is, with its cgroups.
nsenter --net="/var/run/netns/$here" dotnet exec bench/Services/bin/Release/net10.0/Orchestrator.Services.dll "$PWD/artifacts/bin" "$PWD/artifacts/bench/service.json" "$there" "$image" "${ROUNDS:-5}"
