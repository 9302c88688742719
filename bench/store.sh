#!/usr/bin/env bash
# Measures the store beside etcd, three members each, and writes artifacts/bench/store.json. ROUNDS: turns of each.
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet build bench/Store -c Release -v quiet -nologo
# In a network namespace of its own: the ports and addresses are nobody else's.
exec unshare --net sh -c 'ip link set lo up && exec dotnet exec "$@"' sh bench/Store/bin/Release/net10.0/Orchestrator.Store.dll \
  store "$PWD/artifacts/bin/orchd" "$PWD/artifacts/bench/store.json" "${ROUNDS:-3}"
