#!/usr/bin/env bash
# How long nothing can be written after the leader is killed, hangs or is cut off; writes artifacts/bench/failover-store.json. ROUNDS: of each.
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet build bench/Store -c Release -v quiet -nologo
# In a network namespace of its own: its servers are cut off there by packet filters.
exec unshare --net sh -c 'ip link set lo up && exec dotnet exec "$@"' sh bench/Store/bin/Release/net10.0/Orchestrator.Store.dll \
  failover "$PWD/artifacts/bin/orchd" "$PWD/artifacts/bench/failover-store.json" "${ROUNDS:-50}"
