# shellcheck shell=bash
# Sourced by run.sh: virtual machines without KVM, in a network namespace that has no way out. They see each other on 10.79.0.0/24 and are commanded over ssh.
vm=artifacts/vm
space=orchvm$$
started=$(mktemp -d)

network_up() {
  ip netns add "$space"
  ip netns exec "$space" ip link set lo up
  ip netns exec "$space" ip route add 230.79.0.0/16 dev lo # what they say to each other goes by multicast on loopback
}

everything_down() { # and, where something was not seen, what the machines themselves say of it
  local failed=$?
  if [ $failed -ne 0 ]; then
    for file in "$started"/*.pid; do
      local n=${file##*/}
      n=${n%.pid}
      echo "--- vm$n" >&2
      on "$n" 'journalctl -q --no-pager -n 40 -u orchd-server -u orchd-agent' >&2 || true
    done
  fi
  for file in "$started"/*.pid; do [ -e "$file" ] && kill -9 "$(cat "$file")" 2>/dev/null; done
  ip netns delete "$space" 2>/dev/null
  rm -rf "$started"
  return $failed
}

boot() { # NUMBER: with the disk it has, or a new one
  local n=$1
  [ -e "$started/$n.img" ] || cp --sparse=always "$vm/root.img" "$started/$n.img"
  ip netns exec "$space" qemu-system-x86_64 -accel tcg -cpu max -smp 1 -m 1280 -display none -serial "file:$started/$n.log" \
    -kernel "$vm"/vmlinuz-* -initrd "$vm/initrd" -append "root=/dev/vda rw console=ttyS0 quiet vm.number=$n" \
    -drive "file=$started/$n.img,format=raw,if=virtio,cache=unsafe" \
    -netdev "user,id=u,restrict=on,hostfwd=tcp:127.0.0.1:$((2200 + n))-:22" -device "virtio-net-pci,netdev=u,mac=52:54:00:aa:00:0$n" \
    -netdev "socket,id=c,mcast=230.79.0.1:7900,localaddr=127.0.0.1" -device "virtio-net-pci,netdev=c,mac=52:54:00:bb:00:0$n" \
    </dev/null >"$started/$n.qemu" 2>&1 &
  echo $! >"$started/$n.pid"
  disown
}

cut_power() { # NUMBER
  kill -9 "$(cat "$started/$1.pid")"
  rm "$started/$1.pid"
}

on() { # NUMBER COMMAND...
  local n=$1
  shift
  ip netns exec "$space" ssh -q -i "$vm/key" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ConnectTimeout=5 -o ServerAliveInterval=5 -p $((2200 + n)) root@127.0.0.1 "$@"
}

hold() { # SECONDS WHAT COMMAND...: waits until the command succeeds
  local until=$((SECONDS + $1)) what=$2
  shift 2
  while ! "$@" >"$started/last" 2>&1; do
    if [ $SECONDS -ge $until ]; then
      echo "NOT SEEN: $what"
      cat "$started/last"
      return 1
    fi
    sleep 1
  done
  echo "ok $((SECONDS / 60))m$((SECONDS % 60))s  $what"
}
