#!/usr/bin/env bash
# Measures orun beside crun (and runc, where it is installed) and writes artifacts/bench/runtime.json. ROUNDS: measurements of each.
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet build bench/Containers -c Release -v quiet -nologo
# crun refuses a host whose cgroup2 mount beside v1 has a controller: all run without that mount, in a mount namespace of their own,
# with an empty file system in its place because runc makes its directories there all the same.
# Bundles and states are on a tmpfs, as runtimes find their states in /run.
place=$(mktemp -d)
trap 'rmdir "$place"' EXIT
TMPDIR=$place unshare --mount --propagation private sh -c '
  if grep -q " /sys/fs/cgroup/unified .* cgroup2 " /proc/self/mountinfo; then
    umount /sys/fs/cgroup/unified
    mount -t tmpfs none /sys/fs/cgroup/unified
  fi
  mount -t tmpfs none "$TMPDIR"
  exec dotnet exec "$@"' sh bench/Containers/bin/Release/net10.0/Orchestrator.Containers.dll \
  "$PWD/artifacts/bin/orun" "$PWD/artifacts/bench/runtime.json" "${ROUNDS:-60}"
