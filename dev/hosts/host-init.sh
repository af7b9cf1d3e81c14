#!/bin/sh
# Process 1 of a host, in mount, uts, ipc and process namespaces of its own: puts its root together,
# moves into it, says "ready" and reaps what ends, or becomes systemd.
# $1: the host's directory, $2: the layer that hides, $3: the control group for systemd; empty: no systemd.
set -eu
dir=$1 mask=$2 group=$3
root=$dir/root

mount --make-rprivate /
hostname "$(cat "$dir/hostname")"
mkdir -p "$root" "$dir/sysfs"
mount -t overlay -o "lowerdir=$mask:/,upperdir=$dir/disk/upper,workdir=$dir/disk/work" root "$root"
cd "$root"

mount -t proc proc proc
if [ -n "$group" ]; then
  # Kernel parameters are the machine's: systemd leaves them alone where it cannot write them.
  mount --bind proc/sys proc/sys
  mount -o remount,bind,ro proc/sys
fi
mount --bind "$dir/boot-id" proc/sys/kernel/random/boot_id

# Of the machine's /sys nothing that would tell two hosts of the bed to be one.
mount -t sysfs sysfs "$dir/sysfs"
mount -t tmpfs -o mode=755,size=1m sys sys
for top in block bus devices fs kernel module; do
  mkdir "sys/$top"
  mount --bind "$dir/sysfs/$top" "sys/$top"
done
mkdir -p sys/class/dmi/id sys/class/net
mount --bind "$dir/sysfs/class/net" sys/class/net
cp "$dir/dmi-uuid" sys/class/dmi/id/product_uuid
chmod 400 sys/class/dmi/id/product_uuid
if [ -n "$group" ]; then
  # Devices are the machine's, too.
  for top in block bus devices fs kernel module class/net; do mount -o remount,bind,ro "sys/$top"; done
  mount -o remount,bind,ro sys
  echo 0 >"$group/cgroup.procs"
fi

mount -t tmpfs -o mode=755,size=1m dev dev
mknod -m 666 dev/null c 1 3
mknod -m 666 dev/zero c 1 5
mknod -m 666 dev/full c 1 7
mknod -m 666 dev/random c 1 8
mknod -m 666 dev/urandom c 1 9
mknod -m 666 dev/tty c 5 0
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
mount -t tmpfs -o mode=1777,size=64m shm dev/shm
mount -t tmpfs -o mode=755,size=64m run run

# What of the machine is lent to this host: "from to", read-only.
while read -r from to; do
  mkdir -p ".$to"
  mount --bind "$from" ".$to"
  mount -o remount,bind,ro ".$to"
done <"$dir/lent"

pivot_root . mnt
cd /
umount -l /mnt
echo ready
exec </dev/null >/dev/null 2>&1
if [ -n "$group" ]; then
  # Seen from inside, its control group is the root of all. What is taken from it would reach the machine.
  # shellcheck disable=SC2016
  exec unshare --cgroup sh -euc '
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
    exec env -i container=lxc PATH=/usr/sbin:/usr/bin:/sbin:/bin \
      setpriv --bounding-set=-sys_module,-sys_time,-sys_rawio,-syslog,-audit_control,-audit_read \
      /lib/systemd/systemd --system --unit=multi-user.target --log-target=journal
  '
fi
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -c 'while :; do sleep 2147483647 & wait $!; done'
