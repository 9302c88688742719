#!/bin/sh
# The first program in the virtual machine: leaves the initial root, which nothing can be pivoted from, for one of its own.
mount -t tmpfs tmpfs /new
for each in /bin /bundle /proc /sys /dev /run /script.sh /etc /lib /lib64 /tmp /usr /var; do [ ! -e $each ] || cp -a $each /new/; done
if [ -e /lib/systemd/systemd ]; then
  mount -t devtmpfs dev /new/dev
  exec switch_root /new /lib/systemd/systemd --log-target=null --show-status=false
fi
exec switch_root /new /script.sh
