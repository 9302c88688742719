#!/usr/bin/env bash
# Measures, side by side with the peers, and writes artifacts/bench/NAME.json: a list of {name, value, unit, peer, goal, met}.
set -euo pipefail
cd "$(dirname "$0")"
usage() {
  cat <<'TEXT'
usage: ./bench.sh [NAME]     measures, prints a table and writes artifacts/bench/NAME.json

  runtime   orun beside crun (and runc, where installed): run, create/start/delete, exec; the shim's idle memory   (root; ROUNDS=60)
  runtime-races
            the attacks on orun that win only at the right moment, 10,000 tries of each (root; ORUN_RACES=10000)
  store     three members beside three of Debian's etcd: writes, linearizable reads, watches, memory   (root; ROUNDS=3)
  failover-store  leader killed, hung, cut off: until the next acknowledged write   (root; ROUNDS=50)
  failover  a host cut off, 1 -> 100 replicas, apply to first page, beside Docker Swarm   (root; ROUNDS=7)
  ingress   the ingress beside nginx and haproxy: HTTP/1.1, TLS, HTTP/2, idle connections   (root; ROUNDS=3)
  service   connections and throughput through a service's address beside the direct one; 10,000 services, one change   (root; ROUNDS=5)
  load      scenarios that load a cluster of three hosts, with thresholds and a report of each in artifacts/load
            (root; --scenario NAME for one, --soak-minutes N, --hitless-minutes N)
  pure      scheduler, state machine and manifests, with BenchmarkDotNet
  scheduler placing pods: the rows of scheduler_perf beside its floors, 1,000 to 100,000 nodes, held against an exhaustive oracle
  chaos     leaders of the store killed under load, fifty of each of twenty clusters, every answer checked: about an hour and a half   (KILLS=1000)
  packing   how much of generated demands is placed, beside first fit, best fit, dot product and FGD   (SCALE=0.6 SEEDS=10)
  all       all of them but the races and the chaos (the default)
TEXT
}
source eng/install.sh
mkdir -p artifacts/bench
runtime() { need busybox-static crun golang-github-containers-common util-linux; need_dotnet; ./build.sh; bench/runtime.sh; }
races() { need busybox-static; need_dotnet; ./build.sh; bench/runtime-races.sh; }
store() { need etcd-server iproute2 util-linux; need_dotnet; ./build.sh; bench/store.sh; }
failover_store() { need nftables iproute2 util-linux; need_dotnet; ./build.sh; bench/failover-store.sh; }
failover() { need docker.io iproute2 nftables curl busybox-static skopeo umoci util-linux; need_dotnet; ./build.sh; bench/failover.sh; }
ingress() { need nginx-light haproxy wrk nghttp2-client openssl iproute2 util-linux; need_dotnet; ./build.sh; bench/edge.sh; }
service() { need nginx-light wrk nftables iproute2 procps; need_dotnet; ./build.sh; bench/service.sh; }
load() {
  need iproute2 nftables busybox-static curl openssl util-linux; need_dotnet; ./build.sh
  dotnet build tests/Load -c Release -v quiet -nologo
  dotnet exec tests/Load/bin/Release/net10.0/Load.dll --output artifacts/load --results artifacts/bench/load.json "$@"
}
pure() { need_dotnet; dotnet run --project bench/Pure -c Release -- "$PWD/artifacts/bench/pure.json"; }
scheduler() { need_dotnet; dotnet run --project bench/Placing -c Release -- "$PWD/artifacts/bench/scheduler.json"; }
chaos() { need_dotnet; bench/chaos.sh; }
packing() { need_dotnet; dotnet run --project bench/Packing -c Release -- "$PWD/artifacts/bench/packing.json"; }
case "${1:-all}" in
  runtime) runtime ;;
  runtime-races) races ;;
  store) store ;;
  failover-store) failover_store ;;
  failover) failover ;;
  ingress) ingress ;;
  service) service ;;
  load) shift; load "$@" ;;
  pure) pure ;;
  scheduler) scheduler ;;
  chaos) chaos ;;
  packing) packing ;;
  all) runtime; store; failover_store; failover; ingress; service; load; pure; scheduler; packing ;;
  -h | --help) usage ;;
  *) usage >&2; exit 2 ;;
esac
