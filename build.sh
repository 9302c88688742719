#!/usr/bin/env bash
# Builds orch, orchd and orun into artifacts/bin; `./build.sh package` makes packages of them.
set -euo pipefail
cd "$(dirname "$0")"
if [ "${1:-}" = --help ] || [ "${1:-}" = -h ]; then
  echo "usage: ./build.sh [--force]   builds what has changed since the last time, or everything"
  echo "       ./build.sh package     Debian packages and an archive with an install script, in artifacts/packages"
  exit 0
fi
source eng/install.sh
need_dotnet
need gcc libc6-dev musl-tools

out=artifacts/bin
mkdir -p "$out"

# What a program is built from, in one number: an unchanged program is not built again.
sources() { # PROJECT...
  { find "${@/#/src/}" Directory.*.props Directory.*.targets global.json -type f -not -path '*/obj/*' -not -path '*/bin/*' -print0 |
    sort -z | xargs -0 sha256sum; dotnet --version; } | sha256sum | cut -d' ' -f1
}

build() { # PROGRAM PROJECT ITS-PROJECTS...
  local program=$1 project=$2 stamp
  shift 2
  stamp=$(sources "$project" "$@")
  if [ "$force" = no ] && [ -e "$out/$program" ] && [ "$(cat "$out/.$program.sources" 2>/dev/null)" = "$stamp" ]; then
    return 0
  fi
  echo "building $program"
  rm -f "$out/.$program.sources"
  dotnet publish "src/$project" -c Release -r linux-x64 -o "$out" -v quiet -nologo
  echo "$stamp" >"$out/.$program.sources"
}

force=no
[ "${1:-}" = --force ] && force=yes
build orun Runtime
build orch Cli Model Manifests Scheduler Contracts
build orchd Daemon Model Manifests Scheduler Reconcile Contracts ControlPlane NodeAgent Ingress
if [ "${1:-}" = package ]; then exec eng/package.sh; fi
echo "orch, orchd and orun are in $out"
