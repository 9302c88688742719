#!/usr/bin/env bash
# The same packages under another version: what an upgrade is tried with.
# usage: next-version.sh FROM TO VERSION
set -euo pipefail
from=$1 to=$2 version=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$to"
for package in "$from"/*.deb; do
  old=$(dpkg-deb -f "$package" Version)
  dpkg-deb -R "$package" "$work/package"
  sed -i -e "s/^Version: .*/Version: $version/" -e "s/(= $old)/(= $version)/" "$work/package/DEBIAN/control"
  dpkg-deb --root-owner-group -Zgzip -z1 --build "$work/package" "$to/$(dpkg-deb -f "$package" Package)_${version}_amd64.deb" >/dev/null
  rm -rf "$work/package"
done
