#!/bin/sh
# The first program in the virtual machine: leaves the initial root, which nothing can be pivoted from, for one of its own.
mount -t tmpfs tmpfs /new
cp -a /bin /bundle /proc /sys /dev /run /script.sh /new/
exec switch_root /new /script.sh
