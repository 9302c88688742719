#!/usr/bin/env bash
# usage: crun.sh SUITES RUNTIME
# Runs crun's own tests (Python) with the given runtime. One line a test: passed, failed or skipped, and its name.
# crun refuses a host whose cgroup2 has a controller beside cgroup v1: that mount is taken off, for this run only.
# Left out: what needs CRIU.
set -uo pipefail
if [ -z "${WITHOUT_UNIFIED:-}" ]; then
  export WITHOUT_UNIFIED=1
  exec unshare --mount --propagation private "$0" "$@"
fi
[ ! -e /sys/fs/cgroup/cpu ] || umount /sys/fs/cgroup/unified 2>/dev/null
cd "$1/crun" || exit
export OCI_RUNTIME=$2 INIT=$PWD/tests/init
verdicts=$(mktemp)
trap 'rm -f "$verdicts"' EXIT
for script in tests/test_*.py; do
  name=$(basename "$script" .py)
  [ "$name" = test_checkpoint_restore ] && continue
  timeout 40 python3 "$script" </dev/null >"$verdicts" 2>/dev/null
  sed -nE \
    -e "s/^ok [0-9]+ - (.*) #SKIP.*/skipped ${name#test_}: \1/p;t" \
    -e "s/^ok [0-9]+ - (.*)/passed ${name#test_}: \1/p" \
    -e "s/^not ok [0-9]+ - (.*)/failed ${name#test_}: \1/p" "$verdicts"
done
# A test of a stuck cgroup leaves it there when the runtime gives up.
frozen=/sys/fs/cgroup/freezer/frozen
if [ -d $frozen ]; then
  echo THAWED >$frozen/freezer.state
  xargs -r kill -9 <$frozen/cgroup.procs
  rmdir $frozen
fi
# Containers of tests that failed.
for root in .testsuite-run-*/root; do
  [ -d "$root" ] || continue
  for id in $("$OCI_RUNTIME" --root "$root" list --quiet 2>/dev/null); do "$OCI_RUNTIME" --root "$root" delete --force "$id"; done
done
rm -rf .testsuite-run-*
