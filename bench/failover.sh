#!/usr/bin/env bash
# Measures failover and growth beside Docker Swarm, three hosts each, and writes artifacts/bench/failover.json. ROUNDS: hosts cut off of each.
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet build bench/Recovery -c Release -v quiet -nologo
exec dotnet exec bench/Recovery/bin/Release/net10.0/Orchestrator.Recovery.dll "$PWD/artifacts/bench/failover.json" "${ROUNDS:-7}"
