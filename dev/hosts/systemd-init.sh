#!/bin/sh
# Starts a real systemd as the first process of a test host: run it inside new pid, mount, uts, ipc,
# net and cgroup namespaces (`unshare -p -m -u -i -n -C --fork sh systemd-init.sh ROOT`), where ROOT
# is the host's own file system. Enter such a host with
# `nsenter -t PID -m -p -u -i -n -C -r -w`: systemd is chrooted, so -r and -w are needed.
set -eu
root=$1
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
# A cgroup tree of its own; systemd moves its services into it.
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
mount --rbind /dev "$root/dev"
exec chroot "$root" /usr/bin/env -i container=lxc PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  /lib/systemd/systemd --system --unit=multi-user.target --log-target=console --log-level=warning
