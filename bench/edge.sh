#!/usr/bin/env bash
# Measures the ingress beside nginx and haproxy, and writes artifacts/bench/ingress.json. ROUNDS: turns of each.
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet build bench/Edge -c Release -v quiet -nologo
# In a network namespace of its own: the ports and addresses are nobody else's.
status=0
unshare --net sh -c 'ip link set lo up && ip address add 192.0.2.9/32 dev lo && exec dotnet exec "$@"' sh bench/Edge/bin/Release/net10.0/Orchestrator.Edge.dll \
  "$PWD/artifacts/bin" "$PWD/artifacts/bench/ingress.json" "${ROUNDS:-3}" || status=$?
exit $status
