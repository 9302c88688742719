#!/usr/bin/env bash
# Makes a docker archive of a directory as an image of one layer, the same bytes for the same content.
set -euo pipefail
root=${1:?usage: eng/image-archive.sh ROOT FILE.tar NAME COMMAND}
target=${2:?} name=${3:?} command=${4:?}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir -p "$work/layer"
tar -C "$root" --owner=0 --group=0 --numeric-owner --mtime=@0 --sort=name -cf "$work/layer/layer.tar" .
layer=$(sha256sum "$work/layer/layer.tar" | cut -d' ' -f1)
cat >"$work/config.json" <<CONFIG
{"architecture":"amd64","os":"linux","config":{"Cmd":["$command"],"Env":["PATH=/bin"]},"rootfs":{"type":"layers","diff_ids":["sha256:$layer"]}}
CONFIG
cat >"$work/manifest.json" <<MANIFEST
[{"Config":"config.json","RepoTags":["$name"],"Layers":["layer/layer.tar"]}]
MANIFEST
tar -C "$work" --owner=0 --group=0 --numeric-owner --mtime=@0 --sort=name -cf "$target" manifest.json config.json layer
