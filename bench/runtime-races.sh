#!/usr/bin/env bash
# Tries each race of tests/Runtime.Tests/RaceTests.cs ORUN_RACES times and writes artifacts/bench/runtime-races.json: how many were tried, how many
# attacks got through. One that got through fails the test, and this program.
set -euo pipefail
cd "$(dirname "$0")/.."
export ORUN_RACES=${ORUN_RACES:-10000}
report=$(mktemp -d)
trap 'rm -rf "$report"' EXIT
dotnet build tests/Runtime.Tests -v quiet -nologo
status=0
dotnet test tests/Runtime.Tests --no-build -nologo --filter Kind=race --results-directory "$report" --logger "trx;LogFileName=races.trx" >"$report/said" || status=$?
list=() printed=
while read -r name outcome; do
  got=0
  [ "$outcome" = Passed ] || got=1
  met=$([ $got = 0 ] && echo true || echo false)
  words=${name##*.}
  words=${words//_/ }
  list+=("{\"name\":\"$words, $ORUN_RACES tries: attacks that got through\",\"value\":$got,\"unit\":\"count\",\"peer\":null,\"goal\":0,\"met\":$met}")
  printed+=$(printf '%-110s %8s tries  %s' "$words" "$ORUN_RACES" "$([ $got = 0 ] && echo 'none got through' || echo 'FAILED')")$'\n'
done < <(grep -o '<UnitTestResult [^>]*' "$report/races.trx" | sed -E 's/.* testName="([^"]*)".* outcome="([^"]*)".*/\1 \2/' | sort)
[ ${#list[@]} -gt 0 ] || { cat "$report/said" >&2; exit 1; }
(IFS=,; echo "[${list[*]}]") >artifacts/bench/runtime-races.json
printf '%s' "$printed"
exit "$status"
