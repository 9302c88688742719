#!/usr/bin/env bash
# Measures, side by side with the peers, and writes artifacts/bench/NAME.json.
set -euo pipefail
cd "$(dirname "$0")"
usage() { echo "usage: ./bench.sh [runtime|pure|all]"; }
source eng/install.sh
mkdir -p artifacts/bench
runtime() { need busybox-static crun util-linux; ./build.sh; bench/runtime.sh; }
pure() { need_dotnet; dotnet run --project bench/Pure -c Release -- "$PWD/artifacts/bench/pure.json"; }
case "${1:-all}" in
  runtime) runtime ;;
  pure) pure ;;
  all) runtime; pure ;;
  -h | --help) usage ;;
  *) usage >&2; exit 2 ;;
esac
