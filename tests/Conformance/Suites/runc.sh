#!/usr/bin/env bash
# usage: runc.sh SUITES RUNTIME
# Runs runc's own integration scripts (bats) with the given runtime. One line a test: passed, failed or skipped, and its name.
# Left out: what needs CRIU or sshfs.
set -uo pipefail
cd "$1/runc/tests/integration" || exit
export RUNC=$2
verdicts=$(mktemp)
trap 'rm -f "$verdicts"' EXIT
for script in *.bats; do
  case $script in checkpoint.bats | mounts_sshfs.bats) continue ;; esac
  # Into a file: a test that fails may leave processes behind, which would keep a pipe open.
  timeout --foreground 120 bats -t "$script" </dev/null >"$verdicts" 2>&1
  sed -nE \
    -e "s/^ok [0-9]+ (.*) # skip.*/skipped ${script%.bats}: \1/p;t" \
    -e "s/^ok [0-9]+ (.*)/passed ${script%.bats}: \1/p" \
    -e "s/^not ok [0-9]+ (.*)/failed ${script%.bats}: \1/p" "$verdicts"
done
# The suite makes directories for controllers that the host has not mounted.
if [ -d /sys/fs/cgroup/cpu ]; then
  for directory in /sys/fs/cgroup/*/; do
    mountpoint -q "$directory" || [ -L "${directory%/}" ] || find "$directory" -depth -type d -exec rmdir {} \; 2>/dev/null
  done
fi
