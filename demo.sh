#!/usr/bin/env bash
# A cluster of three hosts on this machine: each host is a network namespace with an orchd that is server, agent and ingress.
# All of them live behind one outer namespace without a route out, so that no packet leaves the machine.
set -euo pipefail
cd "$(dirname "$0")"

usage() {
  cat <<'USAGE'
usage: ./demo.sh            start the cluster, apply manifests/hello.yaml, and stay up until Ctrl-C
       ./demo.sh --check    the same, then kill the leader, apply a change, tear down, and exit 0 if all went well
USAGE
}

check=no
case "${1:-}" in
  '') ;;
  --check) check=yes ;;
  -h | --help) usage; exit 0 ;;
  *) usage >&2; exit 2 ;;
esac
[ "$(id -u)" = 0 ] || { echo "the demo makes network namespaces and containers: run it as root" >&2; exit 1; }

source eng/install.sh
need iproute2 nftables busybox-static curl gcc libc6-dev
./build.sh

bin=$PWD/artifacts/bin
lan=${ORCH_DEMO:-orch-demo} # another name lets two demos run at once
hosts=(1 2 3)
data=/var/lib/$lan
run=/run/$lan
servers=10.88.0.1,10.88.0.2,10.88.0.3
declare -A pid=()

on() { nsenter --net="/run/netns/$1" "${@:2}"; }
orch() { on "$lan" env ORCH_SERVER="$servers" ORCH_CONFIG="$data/h1/admin.json" "$bin/orch" "$@"; }
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
fail() { echo "demo: $*" >&2; for i in "${hosts[@]}"; do echo "--- the end of the log of host $i" >&2; tail -n 15 "$data/log.$i" >&2 || true; done; exit 1; }

# Repeats a command until it succeeds.
wait_for() { # SECONDS WHAT COMMAND...
  local until=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$until" ] || fail "gave up waiting for $what"
    sleep 0.1
  done
}

tear_down() {
  local i
  for i in "${!pid[@]}"; do kill "${pid[$i]}" 2>/dev/null || true; done
  for i in "${!pid[@]}"; do wait "${pid[$i]}" 2>/dev/null || true; done
  pid=()
  for i in "${hosts[@]}"; do
    [ -e "/run/netns/$lan-h$i" ] || continue
    on "$lan-h$i" "$bin/orchd" reset --data-dir "$data/h$i" --run-dir "$run/h$i" --cgroup-root "/$lan/h$i" || echo "demo: host $i was not cleaned up wholly" >&2
    ip netns delete "$lan-h$i"
  done
  [ ! -e "/run/netns/$lan" ] || ip netns delete "$lan"
  for i in "/sys/fs/cgroup/"*"/$lan" "/sys/fs/cgroup/$lan"; do [ ! -d "$i" ] || rmdir "$i" 2>/dev/null || true; done
  rm -rf "$data" "$run"
}

start_host() {
  local i=$1
  shift
  # Not through a function: the id must be orchd's own, so that kill -9 meets it.
  nsenter --net="/run/netns/$lan-h$i" "$bin/orchd" server --name "s$i" --advertise "10.88.0.$i" "$@" --agent --ingress --data-dir "$data/h$i" --run-dir "$run/h$i" \
    --cgroup-root "/$lan/h$i" >"$data/log.$i" 2>&1 &
  pid[$i]=$!
}

make_network() {
  local i
  ip netns add "$lan"
  on "$lan" ip link set lo up
  on "$lan" ip link add lan type bridge
  on "$lan" ip address add 10.88.0.254/24 dev lan
  on "$lan" ip link set lan up
  for i in "${hosts[@]}"; do
    ip netns add "$lan-h$i"
    on "$lan" ip link add "h$i" type veth peer name eth0 netns "$lan-h$i"
    on "$lan" ip link set "h$i" master lan up
    on "$lan-h$i" ip link set lo up
    on "$lan-h$i" ip address add "10.88.0.$i/24" dev eth0
    on "$lan-h$i" ip link set eth0 up
  done
}

new_token() { (umask 077 && orch token create --role server -q >"$data/token" 2>/dev/null); }
all_vote() { orch cluster status | grep -q '3 of 3 servers'; }
ready_nodes() { [ "$(orch get nodes --no-headers | grep -c ' Ready ')" = "$1" ]; }
page() { on "$lan" curl -sf -m 5 -H 'Host: hello.example' "http://10.88.0.$1/"; }

tear_down 2>/dev/null # whatever an interrupted run has left
trap 'tear_down' EXIT
trap 'exit 130' INT TERM
mkdir -p "$data" "$run"

say "Starting three hosts: 10.88.0.1, 10.88.0.2 and 10.88.0.3"
make_network
start_host 1
wait_for 30 "the first server to make its cluster" new_token
for i in "${hosts[@]:1}"; do start_host "$i" --join 10.88.0.1 --token-file "$data/token"; done
wait_for 60 "three ready nodes" ready_nodes 3
wait_for 30 "three servers that vote" all_vote
orch get nodes

say "Importing the image hello:1 onto every node"
eng/hello-image.sh "$data/hello.tar"
orch image import "$data/hello.tar"

say "Applying manifests/hello.yaml"
orch apply -f manifests/hello.yaml
orch rollout status deployment/hello --timeout 60
orch get nodes -o wide
orch get pods -o wide
[ "$(orch get pods -o wide --no-headers | awk '{print $NF}' | sort -u | wc -l)" = 3 ] || fail "the pods are not on three nodes"

say "Asking for the page through the ingress of host 1"
wait_for 10 "the page through the ingress" page 1
page 1

if [ "$check" = no ]; then
  mkdir -p artifacts/demo
  printf '#!/bin/sh\nexec nsenter --net=/run/netns/%s env ORCH_SERVER=%s ORCH_CONFIG=%s %s/orch "$@"\n' "$lan" "$servers" "$data/h1/admin.json" "$bin" >artifacts/demo/orch
  chmod +x artifacts/demo/orch
  say "The cluster is up. Try, in another terminal:"
  cat <<TRY
  artifacts/demo/orch get pods -o wide -w
  artifacts/demo/orch describe deployment hello
  nsenter --net=/run/netns/$lan curl -H 'Host: hello.example' http://10.88.0.1/

Ctrl-C ends it and cleans everything up. The hosts' logs are $data/log.1 to log.3.
TRY
  sleep infinity &
  wait $!
fi

leader=$(orch version | sed -n 's/.*; s\([0-9]*\) leads.*/\1/p')
[ -n "$leader" ] || fail "nobody leads"
other=$((leader % 3 + 1))
say "Killing the orchd of s$leader, which leads (kill -9), and asking again through host $other"
kill -9 "${pid[$leader]}"
wait "${pid[$leader]}" 2>/dev/null || true
unset "pid[$leader]"
page "$other" || fail "the page is gone with the leader"

say "Applying a change: four replicas"
sed 's/replicas: 3/replicas: 4/' manifests/hello.yaml | orch apply -f -
orch rollout status deployment/hello --timeout 60
wait_for 30 "the lost node to be noticed" ready_nodes 2
orch rollout status deployment/hello --timeout 60
orch get nodes
orch get pods -o wide
page "$other" || fail "the page is gone after the change"
say "All went well"
