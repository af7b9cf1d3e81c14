#!/bin/sh
# sluice-agent: the command for people, and for the service managers that have no unit.
#
# Root runs nothing that the service's user may have changed: it becomes that user first.
set -u

CONF=/etc/sluice-agent/install.conf
UNIT=sluice-agent.service
STOP_SECONDS_MAX=45
DMI_UUID=/sys/class/dmi/id/product_uuid
RUN_DIR=/run/sluice-agent

main() {
  # shellcheck source=/dev/null
  . "$CONF" || exit 78
  release=$prefix/current
  pid_file=$state_dir/launcher.pid
  case ${1-help} in
    start | stop | restart | status) "$1" ;;
    logs) shift; logs "$@" ;;
    doctor)
      shift
      as_user "$release/bin/sluice-agent" doctor --env-file /etc/sluice-agent/agent.env --state-dir "$state_dir" "$@"
      ;;
    version) as_user "$release/bin/sluice-agent" --version ;;
    host-uuid) host_uuid ;; # for the service managers
    uninstall) shift; exec sh /etc/sluice-agent/uninstall.sh "$@" ;;
    help | --help | -h) usage ;;
    *) usage >&2; exit 2 ;;
  esac
}

usage() {
  cat <<'EOF'
Usage: sluice-agent COMMAND
  start | stop | restart | status
  logs [-f]         what the agent writes
  doctor [--json]   is this host fit, does it reach the control plane?
  version
  uninstall         removes all of it and tells the control plane
EOF
}

has_systemd() { [ "$init" = systemd ]; }

start() {
  need_root
  if has_systemd; then
    systemctl daemon-reload && systemctl enable --quiet "$UNIT" && systemctl start "$UNIT"
    return
  fi
  if runs; then return 0; fi
  host_uuid
  end_processes # of a launcher that was killed
  as_user "$release/bin/sluice-agent" launch --detach --prefix "$prefix" --state-dir "$state_dir" \
    --env-file /etc/sluice-agent/agent.env --log-dir "$log_dir" --pid-file "$pid_file" >/dev/null
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    if runs; then return 0; fi
    sleep 0.5 2>/dev/null || sleep 1
  done
  echo "The agent did not start: see $log_dir/agent.log" >&2
  return 1
}

# The mainboard's UUID is shown to root alone, and the agent is not root. In memory, not on the disk: a
# copied disk must not say that it is still in the host that it was copied from.
host_uuid() {
  [ -r "$DMI_UUID" ] && [ "$(id -u)" -eq 0 ] || return 0
  rm -rf "$RUN_DIR"
  mkdir -p "$RUN_DIR" && cat "$DMI_UUID" >"$RUN_DIR/product_uuid" &&
    chmod 755 "$RUN_DIR" && chmod 444 "$RUN_DIR/product_uuid"
}

stop() {
  need_root
  if has_systemd; then systemctl stop "$UNIT"; return; fi
  if runs; then as_user sh -c 'kill -TERM "$1"' sh "$(pid)"; fi
  seconds=0
  while runs && [ "$seconds" -lt "$STOP_SECONDS_MAX" ]; do
    sleep 1
    seconds=$((seconds + 1))
  done
  end_processes
}

restart() { stop; start; }

status() {
  if has_systemd; then systemctl status --no-pager "$UNIT"; return; fi
  if runs; then
    echo "sluice-agent runs, process $(pid)"
    as_user cat "$state_dir/status.json" 2>/dev/null
    return 0
  fi
  echo 'sluice-agent is stopped'
  return 3
}

logs() {
  if has_systemd; then
    journalctl --no-pager -u "$UNIT" -n 200 "$@"
  else
    as_user tail -n 200 "$@" "$log_dir/agent.log"
  fi
}

need_root() {
  [ "$(id -u)" -eq 0 ] || [ "$(id -un)" = "$user" ] || { echo 'run it with sudo' >&2; exit 77; }
}

pid() { as_user cat "$pid_file" 2>/dev/null; }

# The process of the pid file is there, and is our launcher, not a later one of the same number.
runs() { is_ours "$(pid)" launcher.mjs; }

is_ours() {
  case $1 in '' | *[!0-9]*) return 1 ;; esac
  cat "/proc/$1/cmdline" 2>/dev/null | tr '\0' ' ' | grep -F "$prefix/" | grep -q -F "$2"
}

# Whatever of ours is left, such as an agent whose launcher was killed.
end_processes() {
  for dir in /proc/[0-9]*; do
    number=${dir#/proc/}
    if is_ours "$number" launcher.mjs || is_ours "$number" agent.mjs; then
      as_user sh -c 'kill -KILL "$1"' sh "$number" 2>/dev/null
    fi
  done
  as_user rm -f "$pid_file"
}

as_user() {
  if [ "$(id -u)" -ne 0 ] || [ "$user" = root ]; then "$@"; return; fi
  uid=$(id -u "$user") && gid=$(id -g "$user") || return 1
  if setpriv --help 2>&1 | grep -q reuid; then
    setpriv --reuid "$uid" --regid "$gid" --clear-groups -- "$@"
  elif chroot --help 2>&1 | grep -q userspec; then
    chroot --userspec="$uid:$gid" --groups= / "$@"
  else
    su -s /bin/sh "$user" -c 'exec "$@"' sh "$@"
  fi
}

main "$@"
