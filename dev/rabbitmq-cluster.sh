#!/usr/bin/env bash
# A cluster of three RabbitMQ nodes on this machine's loopback, for trials: rabbitmq-cluster.sh up|urls|kill N|start N|ctl N TOOL ARGS|destroy
# CLUSTER_DIR (@default .fanfare/rabbitmq-cluster) holds its data; BASE+1..3 are its ports, 20000+BASE+1..3 between the nodes.
set -euo pipefail
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
data=${CLUSTER_DIR:-$project/.fanfare/rabbitmq-cluster}
bin=${RABBITMQ_BIN:-/usr/lib/rabbitmq/bin}
base=${BASE:-5780}
export ERL_EPMD_PORT=$((base - 1400)) ERL_EPMD_ADDRESS=127.0.0.1 HOME=$data
mkdir -p "$data"
cookie=$data/.erlang.cookie
[[ -s $cookie ]] || (umask 077 && head -c 24 /dev/urandom | base64 | tr -dc A-Za-z0-9 >"$cookie")
chmod 400 "$cookie"

start() {
  local n=$1 folder=$data/n$1
  mkdir -p "$folder"/{mnesia,log,generated}
  echo '[].' >"$folder/enabled_plugins"
  cat >"$folder/rabbitmq.conf" <<CONF
listeners.tcp.1 = 127.0.0.1:$((base + n))
cluster_formation.peer_discovery_backend = classic_config
cluster_formation.classic_config.nodes.1 = mq1@localhost
cluster_formation.classic_config.nodes.2 = mq2@localhost
cluster_formation.classic_config.nodes.3 = mq3@localhost
cluster_formation.randomized_startup_delay_range.min = 0
cluster_formation.randomized_startup_delay_range.max = 1
cluster_partition_handling = pause_minority
net_ticktime = 10
vm_memory_high_watermark.absolute = 1GB
disk_free_limit.absolute = 256MB
CONF
  (
    export RABBITMQ_NODENAME=mq$n@localhost RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_NODE_PORT=$((base + n))
    export RABBITMQ_DIST_PORT=$((20000 + base + n)) RABBITMQ_MNESIA_BASE=$folder/mnesia RABBITMQ_LOG_BASE=$folder/log
    export RABBITMQ_ENABLED_PLUGINS_FILE=$folder/enabled_plugins RABBITMQ_CONFIG_FILE=$folder/rabbitmq.conf
    export RABBITMQ_CONF_ENV_FILE=/dev/null RABBITMQ_PID_FILE=$folder/pid RABBITMQ_GENERATED_CONFIG_DIR=$folder/generated
    export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1} +S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none -rabbit dead_letter_worker_publisher_confirm_timeout 5000'
    cd "$folder"
    setsid nohup "$bin/rabbitmq-server" >"$folder/startup.log" 2>&1 </dev/null &
  )
}

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$((base + $1))") 2>/dev/null; }

# Nodes of 3.10 that boot at the same moment can crash each other; a node that died of it is started again.
await() {
  local end=$((SECONDS + 180))
  until listens "$1" && grep -q 'completed with' "$data/n$1/startup.log"; do
    ((SECONDS < end)) || { echo "node $1 does not start; see $data/n$1/startup.log" >&2; return 1; }
    if grep -q 'Kernel pid terminated' "$data/n$1/startup.log"; then sleep 1; start "$1"; fi
    sleep 0.2
  done
}

end() { # the pid is read once: the broker removes its pid file before it has finished
  local file=$data/n$1/pid pid
  [[ -s $file ]] && pid=$(head -1 "$file") && kill -KILL "$pid" 2>/dev/null || return 0
  while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
}

case ${1:-} in
  up)
    start 1; await 1
    start 2; await 2
    start 3; await 3 ;;
  urls) echo "amqp://guest:guest@127.0.0.1:$((base + 1)),amqp://guest:guest@127.0.0.1:$((base + 2)),amqp://guest:guest@127.0.0.1:$((base + 3))" ;;
  start) start "$2"; await "$2" ;;
  kill) end "$2" ;;
  ctl) # TOOL: rabbitmqctl, rabbitmq-queues, …
    RABBITMQ_NODENAME=mq$2@localhost RABBITMQ_CONF_ENV_FILE=/dev/null "$bin/$3" -q "${@:4}" ;;
  destroy)
    for n in 1 2 3; do end $n; done
    epmd -kill >/dev/null 2>&1 || true
    rm -rf "${data:?}" ;;
  *) sed -n '2,3s/^# //p' "$0"; exit 1 ;;
esac
