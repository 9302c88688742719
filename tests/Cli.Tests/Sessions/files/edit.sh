#!/bin/sh
# The editor of the sessions: what a person would type, by the kind of object.
case $(grep '^kind:' "$1") in
*Deployment) sed -i 's/replicas: 2/replicas: 5/' "$1" ;;
*Service) sed -i 's/  selector:/  selektor:/' "$1" ;;
*ConfigMap) : >"$1" ;;
*Node) exit 7 ;;
esac
