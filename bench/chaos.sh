#!/usr/bin/env bash
# Leaders of clusters of three are killed, fifty of each cluster, while much is written and watched; every answer is checked. KILLS says how many in all.
set -euo pipefail
cd "$(dirname "$0")/.."
kills=${KILLS:-1000} each=50
killed=0 operations=0 changes=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
dotnet build tests/Faults -v quiet -nologo
while [ "$killed" -lt "$kills" ]; do
  now=$((kills - killed < each ? kills - killed : each))
  ORCH_CASES=$now dotnet test tests/Faults --no-build -nologo --filter FullyQualifiedName~LeaderTests --logger "console;verbosity=detailed" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
  read -r more seen < <(sed -nE 's/^ *([0-9]+) operations, .* revisions and ([0-9]+) changes:$/\1 \2/p' "$log")
  killed=$((killed + now)) operations=$((operations + more)) changes=$((changes + seen))
  echo "$killed leaders killed, $operations operations and $changes watched changes, nothing lost, stale or done twice"
done
cat >artifacts/bench/chaos.json <<JSON
[
  { "name": "leaders killed", "value": $killed, "unit": "", "peer": null, "goal": 1000, "met": $([ "$killed" -ge 1000 ] && echo true || echo false) },
  { "name": "operations checked", "value": $operations, "unit": "", "peer": null, "goal": null, "met": null },
  { "name": "watched changes checked", "value": $changes, "unit": "", "peer": null, "goal": null, "met": null },
  { "name": "lost, stale or done twice", "value": 0, "unit": "", "peer": null, "goal": 0, "met": true }
]
JSON
