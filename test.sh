#!/usr/bin/env bash
# Installs what the tests need, builds, and runs all of them. The last line is the sum.
set -uo pipefail
cd "$(dirname "$0")" || exit

usage() {
  cat <<'USAGE'
usage: ./test.sh [--golden] [--conformance | --faults | --vm] [PROJECT ...]
  --golden       write the expected outputs anew; their diff is the review
  --conformance  other people's suites and engines on our runtime, and the long soaks: about half an hour
  --faults       store members killed and paused under load, every answer checked; ORCH_CASES says how many leaders (10)
  --vm           three virtual machines become a cluster from the packages, lose one, reboot and upgrade: about a quarter of an hour
  PROJECT     only these, by the name of their folder in tests/, such as Manifests.Tests
USAGE
}

projects=() conformance=false filter="Run!=faults"
for argument in "$@"; do
  case $argument in
    --golden) export ORCH_GOLDEN=1 ;;
    --conformance) conformance=true ;;
    --faults) projects=(Faults) filter="Run=faults" ;;
    --vm) exec deploy/qemu/run.sh ;;
    -h | --help) usage; exit 0 ;;
    -*) usage >&2; exit 2 ;;
    *) projects+=("$argument") ;;
  esac
done
if $conformance; then
  projects=(Conformance Runtime.Tests)
  export ORCH_CASES=100000
elif [ ${#projects[@]} -eq 0 ]; then
  for file in tests/*/*.csproj; do
    project=$(basename "$(dirname "$file")")
    [[ $project = Testing || $project = Conformance || $project = Load || $project = Backend || $project = Load.NBomber ]] || projects+=("$project")
  done
fi

source eng/install.sh
need_dotnet || exit 1
need iproute2 nftables busybox-static skopeo umoci docker-registry curl gcc libc6-dev util-linux qemu-system-x86 cpio openssl shellcheck systemd dbus vagrant faketime tcpdump containernetworking-plugins iptables e2fsprogs || exit 1
eng/vm-kernel.sh || exit 1
if $conformance; then
  need docker.io podman containerd || exit 1
  eng/suites.sh || exit 1
fi
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
./build.sh || exit 1
dotnet build Orchestrator.sln -v quiet -nologo || { echo "0 passed, 1 failed"; exit 1; }

passed=0 failed=0 skipped=0
output=$(mktemp)
trap 'rm -f "$output"' EXIT
for project in "${projects[@]}"; do
  [ -f "tests/$project/$project.csproj" ] || { echo "there is no test project $project" >&2; exit 2; }
  timeout --kill-after=10 1800 dotnet test "tests/$project" --no-build -nologo --filter "$filter" --logger "console;verbosity=minimal" 2>&1 | tee "$output" | grep -v '^$'
  line=$(grep -E 'Failed: +[0-9]+, Passed: +[0-9]+' "$output" | tail -n 1)
  if [ -z "$line" ]; then
    echo "$project did not finish"
    failed=$((failed + 1))
    continue
  fi
  failed=$((failed + $(sed -E 's/.*Failed: +([0-9]+).*/\1/' <<<"$line")))
  passed=$((passed + $(sed -E 's/.*Passed: +([0-9]+).*/\1/' <<<"$line")))
  skipped=$((skipped + $(sed -E 's/.*Skipped: +([0-9]+).*/\1/' <<<"$line")))
done
[ "$filter" = "Run=faults" ] || echo "left out: store members killed and paused under load, for some minutes (./test.sh --faults)"
echo "left out: a cluster of virtual machines (./test.sh --vm)"
$conformance || echo "left out: orun below other engines and under other suites (./test.sh --conformance)"
[ "$skipped" = 0 ] || echo "$skipped skipped"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
