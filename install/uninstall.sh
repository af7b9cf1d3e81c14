#!/bin/sh
# Removes the agent from this host, whatever is left of it, and tells the control plane.
#   sluice-agent uninstall, or sh /etc/sluice-agent/uninstall.sh
set -u

CONF_DIR=/etc/sluice-agent
UNIT=/etc/systemd/system/sluice-agent.service
INIT=/etc/init.d/sluice-agent
COMMAND=/usr/local/bin/sluice-agent

prefix=/opt/sluice-agent
state_dir=/var/lib/sluice-agent
log_dir=/var/log/sluice-agent
user=sluice-agent
user_made=yes
init=
quiet=no

main() {
  case ${1-} in
    --quiet) quiet=yes ;;
    '') ;;
    *) echo "Usage: uninstall.sh [--quiet]" >&2; exit 2 ;;
  esac
  [ "$(id -u)" -eq 0 ] || { echo 'run it with sudo' >&2; exit 77; }
  if [ -r "$CONF_DIR/install.conf" ]; then
    # shellcheck source=/dev/null
    . "$CONF_DIR/install.conf"
  fi
  cd / || exit 1
  stop_agent
  tell_control_plane
  remove_service
  remove_files
  remove_user
  say 'The agent is gone from this host.'
}

say() { [ "$quiet" = yes ] || echo "$1"; }

has() { command -v "$1" >/dev/null 2>&1; }

stop_agent() {
  if [ -e "$UNIT" ] && has systemctl; then
    systemctl disable --now sluice-agent.service >/dev/null 2>&1
  elif [ -x "$COMMAND" ]; then
    "$COMMAND" stop >/dev/null 2>&1
  fi
  for dir in /proc/[0-9]*; do
    if cat "$dir/cmdline" 2>/dev/null | tr '\0' ' ' | grep -F "$prefix/" | grep -q -e launcher.mjs -e agent.mjs; then
      kill -KILL "${dir#/proc/}" 2>/dev/null
    fi
  done
}

# With the agent's own certificate, as the agent's user. Without an answer the host is cleaned all the same.
tell_control_plane() {
  [ -e "$state_dir/identity.json" ] && [ -x "$prefix/current/bin/sluice-agent" ] || return 0
  if ! id "$user" >/dev/null 2>&1; then return 0; fi
  proxy=$(sed -n "s/^https_proxy='\(.*\)'\$/\1/p" "$CONF_DIR/agent.env" 2>/dev/null)
  except=$(sed -n "s/^no_proxy='\(.*\)'\$/\1/p" "$CONF_DIR/agent.env" 2>/dev/null)
  if said=$(https_proxy=$proxy no_proxy=$except as_user "$prefix/current/bin/sluice-agent" leave --state-dir "$state_dir" 2>&1); then
    say 'The control plane knows that the agent has left.'
  else
    say "The control plane could not be told ($(printf '%s\n' "$said" | sed -n '$p')): there, run sluice agent revoke NAME and sluice agent delete NAME."
  fi
}

as_user() {
  uid=$(id -u "$user")
  gid=$(id -g "$user")
  if [ "$user" = root ]; then
    "$@"
  elif setpriv --help 2>&1 | grep -q reuid; then
    setpriv --reuid "$uid" --regid "$gid" --clear-groups -- "$@"
  elif chroot --help 2>&1 | grep -q userspec; then
    chroot --userspec="$uid:$gid" --groups= / "$@"
  else
    su -s /bin/sh "$user" -c 'exec "$@"' sh "$@"
  fi
}

remove_service() {
  if [ -e "$UNIT" ]; then
    rm -f "$UNIT"
    has systemctl && systemctl daemon-reload >/dev/null 2>&1
    has systemctl && systemctl reset-failed sluice-agent.service >/dev/null 2>&1
  fi
  if [ -e "$INIT" ]; then
    if has chkconfig; then chkconfig --del sluice-agent >/dev/null 2>&1
    elif has rc-update; then rc-update del sluice-agent default >/dev/null 2>&1
    fi
    rm -f "$INIT"
    # It wants the script to be gone already.
    if has update-rc.d; then update-rc.d sluice-agent remove >/dev/null 2>&1; fi
  fi
}

remove_files() {
  for dir in "$prefix" "$state_dir" "$log_dir"; do
    # A damaged install.conf must not make this remove something else.
    case $dir in
      /*/*) rm -rf "$dir" ;;
      *) say "$dir is left alone: it does not look like a directory of the agent" ;;
    esac
  done
  rm -f "$COMMAND"
  rm -rf "$CONF_DIR" /run/sluice-agent
}

remove_user() {
  [ "$user_made" = yes ] || return 0
  id "$user" >/dev/null 2>&1 || return 0
  if has userdel; then userdel "$user" >/dev/null 2>&1; else deluser "$user" >/dev/null 2>&1; fi
  if has groupdel; then groupdel "$user" >/dev/null 2>&1; elif has delgroup; then delgroup "$user" >/dev/null 2>&1; fi
  if id "$user" >/dev/null 2>&1; then say "The user $user could not be removed."; fi
}

main "$@"; exit $?
