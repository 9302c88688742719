#!/bin/sh
# Makes this machine part of a cluster: installs the packages, writes orchd's configuration, starts its unit. Run again it changes only what differs.
# usage: provision.sh --packages DIR --name NAME --address ADDRESS (--server | --agent | --ingress) [--with-agent] [--with-ingress] [--join HOST --token TOKEN] [--set OPTION=VALUE]...
set -eu

packages='' name='' address='' part='' join='' token='' with='' more=''
while [ $# -gt 0 ]; do
  case $1 in
    --packages) packages=$2 && shift ;;
    --name) name=$2 && shift ;;
    --address) address=$2 && shift ;;
    --join) join=$2 && shift ;;
    --token) token=$2 && shift ;;
    --server | --agent | --ingress) part=${1#--} ;;
    --set)
      more="$more${2%%=*}: ${2#*=}
"
      shift
      ;;
    --with-agent) with="$with agent" ;;
    --with-ingress) with="$with ingress" ;;
    *) echo "provision.sh: $1 is unknown" >&2 && exit 2 ;;
  esac
  shift
done
if [ -z "$packages" ] || [ -z "$name" ] || [ -z "$address" ] || [ -z "$part" ]; then
  echo "provision.sh: --packages, --name, --address and one of --server, --agent, --ingress are needed" >&2
  exit 2
fi

installed=yes
for package in "$packages"/*.deb; do
  have=$(dpkg-query -W -f '${Version}' "$(dpkg-deb -f "$package" Package)" 2>/dev/null || true)
  [ "$have" = "$(dpkg-deb -f "$package" Version)" ] || installed=no
done
if [ $installed = no ]; then
  if ! dpkg -i "$packages"/*.deb; then
    apt-get update -qq
    apt-get install -y -qq -f # what they depend on
  fi
fi

mkdir -p /etc/orchd
fresh=/etc/orchd/config.yaml.new
(
  umask 077
  {
    echo "name: $name"
    echo "advertise: $address"
    printf %s "$more"
    for other in $with; do echo "$other: true"; done
    if [ -n "$join" ]; then
      echo "join: $join"
      echo "token-file: /etc/orchd/token"
    fi
  } >$fresh
  # Only for the first start; it is nothing once it was used or has run out.
  if [ -n "$token" ]; then echo "$token" >/etc/orchd/token; fi
)
orchd config check --config $fresh
changed=no
if ! cmp -s $fresh /etc/orchd/config.yaml; then
  mv $fresh /etc/orchd/config.yaml
  changed=yes
fi
rm -f $fresh

unit=orchd-$part.service
systemctl enable -q "$unit"
verb=start
[ $changed = no ] || verb=restart
if ! systemctl $verb "$unit"; then
  # The unit is started again by itself: the servers may only be slow to answer.
  tries=30
  until systemctl -q is-active "$unit"; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || exit 1
    sleep 2
  done
fi
echo "$name is up as $part"
