#!/bin/bash
# First process of the cluster's own mount and process namespaces. While it lives, the cluster lives: when it is killed, the
# kernel kills every process, container and mount of the cluster with it. Bash, because it reaps the orphans it inherits.
# Arguments: the command that starts the cluster and then ends. PRIVATE_DIRECTORIES: paths that are built into kubelet,
# containerd and the network plugins, and that should not be seen, or changed, on the host.
set -e
mount --make-rprivate /
for directory in $PRIVATE_DIRECTORIES; do
  mount -t tmpfs tmpfs "$directory"
done
"$@" || exit 1
while :; do
  sleep 3600 &
  wait
done
