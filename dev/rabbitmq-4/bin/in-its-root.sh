#!/bin/sh
# Runs the tool of RabbitMQ 4 that it is called as (rabbitmq-server, rabbitmqctl, rabbitmq-queues) from what unpack.sh has
# unpacked, in a mount namespace of its own: nothing stays mounted. HOME is the server's data, and holds its cookie.
root=$(cd "$(dirname "$0")/../../.." && pwd)/.fanfare/rabbitmq-4/root
flags=-m
[ "$(id -u)" = 0 ] || flags=-rm
export PATH=/usr/lib/rabbitmq/bin:/usr/sbin:/usr/bin:/sbin:/bin
exec unshare $flags sh -c '
  root=$1 tool=$2; shift 2
  for folder in proc sys dev; do mkdir -p "$root/$folder"; mount --rbind "/$folder" "$root/$folder"; done
  mkdir -p "$root$HOME"; mount --rbind "$HOME" "$root$HOME"
  exec chroot "$root" "/usr/lib/rabbitmq/bin/$tool" "$@"' sh "$root" "$(basename "$0")" "$@"
