# In a network and with an /etc/resolv.conf of its own: a Waypost on port 53, and commands that find it by themselves.
# Call it under `unshare --net --mount`. Arguments: directory with waypost.toml, node, main.js. The commands are standard input.
set -eu
directory=$1 node=$2 main=$3
ip link set lo up
echo 'nameserver 127.0.0.1' >"$directory/resolv.conf"
mount --bind "$directory/resolv.conf" /etc/resolv.conf
"$node" "$main" serve -c "$directory/waypost.toml" >"$directory/output" 2>"$directory/log" &
server=$!
trap 'kill $server; wait $server || :' EXIT
until grep -q 'answers on' "$directory/output"; do
  kill -0 $server || { cat "$directory/log"; exit 1; }
  sleep 0.05
done
cd "$directory"
eval "$(cat)"
