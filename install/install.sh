#!/bin/sh
# Installs the Sluice agent on this host. Served by the control plane, which has filled in the values
# below; there is no secret in it. Read it, then run it as root:
#
#   SLUICE_ENROL_TOKEN=... sh install.sh [options]
#
#   --preflight       only look whether this host is fit; changes nothing
#   --name NAME       of the agent (default: the hostname)
#   --channels N      slices at once (default: by CPU and memory)
#   --link HOST:PORT  of the control plane, when this host reaches it by another address
#   --prefix DIR      programs (default /opt/sluice-agent)
#   --state-dir DIR   identity and results (default /var/lib/sluice-agent)
#   --user NAME       an existing user for the service (default: sluice-agent, which is made)
#   --token-stdin     read the token from standard input instead of SLUICE_ENROL_TOKEN
#   --no-start        install and enrol, but do not start
#
# It needs no internet: only the control plane. Behind a proxy set https_proxy (and no_proxy).
set -u

LINK='@LINK@'
WEB='@WEB@'
PIN='@PIN@'
CA_FINGERPRINT='@CA_FINGERPRINT@'
VERSION='@VERSION@'
ARCH='@ARCH@'
BUNDLE='@BUNDLE@'
SHA256='@SHA256@'
PAYLOAD_LINE='@PAYLOAD_LINE@'

CONF_DIR=/etc/sluice-agent
UNIT=/etc/systemd/system/sluice-agent.service
INIT=/etc/init.d/sluice-agent
COMMAND=/usr/local/bin/sluice-agent
LOG_DIR=/var/log/sluice-agent

# A release is about 140 MB; an upgrade needs room for two and the download.
PREFIX_KB_MIN=460800
STATE_KB_MIN=512000
TEMP_KB_MIN=230000
MEMORY_KB_MIN=480000
GLIBC_MINOR_MIN=28

prefix=/opt/sluice-agent
state_dir=/var/lib/sluice-agent
user=sluice-agent
name=
channels=
preflight_only=no
start=yes
token_stdin=no
failed=0
temp=
unpacked=
fresh=no
changed=no
script=$0

main() {
  parse_options "$@"
  umask 022
  trap cleanup EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  if [ "$token_stdin" = yes ]; then
    IFS= read -r SLUICE_ENROL_TOKEN || true
    export SLUICE_ENROL_TOKEN
  fi
  preflight
  if [ "$failed" -gt 0 ]; then
    echo
    echo "Nothing was changed: $failed of the checks failed." >&2
    exit 1
  fi
  if [ "$preflight_only" = yes ]; then
    echo
    echo 'This host is fit for an agent. Nothing was changed.'
    exit 0
  fi
  echo
  install_agent
}

parse_options() {
  while [ $# -gt 0 ]; do
    case $1 in
      --preflight) preflight_only=yes ;;
      --no-start) start=no ;;
      --token-stdin) token_stdin=yes ;;
      --help | -h) usage; exit 0 ;;
      --name | --channels | --link | --prefix | --state-dir | --user)
        [ $# -ge 2 ] || { echo "$1: a value is missing" >&2; exit 2; }
        set_option "$1" "$2"
        shift
        ;;
      --name=* | --channels=* | --link=* | --prefix=* | --state-dir=* | --user=*)
        set_option "${1%%=*}" "${1#*=}"
        ;;
      *) echo "$1: unknown; --help shows what is possible" >&2; exit 2 ;;
    esac
    shift
  done
}

set_option() {
  # Values end up in files that a shell or systemd reads.
  case $2 in
    '' | *[!A-Za-z0-9._:/@\[\]-]*) echo "$1 $2: letters, digits and . _ : / @ - only" >&2; exit 2 ;;
  esac
  case $1 in
    --name) name=$2 ;;
    --channels) channels=$2 ;;
    --link) LINK=$2 ;;
    --prefix) absolute "$1" "$2"; prefix=${2%/} ;;
    --state-dir) absolute "$1" "$2"; state_dir=${2%/} ;;
    --user) user=$2 ;;
  esac
}

absolute() {
  case $2 in
    /?*) ;;
    *) echo "$1 $2: give an absolute path" >&2; exit 2 ;;
  esac
}

usage() {
  cat <<EOF
Installs the Sluice agent $VERSION ($ARCH) and enrols it with $LINK.
  SLUICE_ENROL_TOKEN=... sh install.sh [--preflight] [--name NAME] [--channels N] [--link HOST:PORT]
    [--prefix DIR] [--state-dir DIR] [--user NAME] [--token-stdin] [--no-start]
EOF
}

# ---------------------------------------------------------------- preflight

# outcome, check, what was seen, what to do
verdict() {
  [ "$1" != FAIL ] || failed=$((failed + 1))
  if [ -n "${4-}" ]; then
    printf '%-4s  %-12s  %s: %s\n' "$1" "$2" "$3" "$4"
  else
    printf '%-4s  %-12s  %s\n' "$1" "$2" "$3"
  fi
}

has() { command -v "$1" >/dev/null 2>&1; }

preflight() {
  check_root
  check_architecture
  check_libc
  check_init
  check_tools
  check_memory
  check_disks
  check_bundle
  check_network
}

check_root() {
  if [ "$(id -u)" -eq 0 ]; then
    verdict ok root yes
  elif [ "$preflight_only" = yes ]; then
    verdict warn root 'no' 'the installation itself needs root'
  else
    verdict FAIL root "no, this is user $(id -un)" 'run it with sudo'
  fi
}

check_architecture() {
  machine=$(uname -m)
  case $machine in
    x86_64 | amd64) arch=x64 ;;
    aarch64 | arm64) arch=arm64 ;;
    *)
      verdict FAIL architecture "$machine" 'agents run on x86_64 and aarch64'
      return
      ;;
  esac
  if [ "$(uname -s)" != Linux ]; then
    verdict FAIL architecture "$(uname -s) $machine" 'agents run on Linux'
  elif [ "$arch" = "$ARCH" ]; then
    verdict ok architecture "$machine"
  else
    verdict FAIL architecture "$machine, but this script brings the agent for $ARCH" \
      "fetch the other one: ${WEB:-the control plane}/install.sh?arch=$arch, or sluice agent bundle --arch $arch"
  fi
}

check_libc() {
  libc=$(getconf GNU_LIBC_VERSION 2>/dev/null) || libc=$(ldd --version 2>&1 | sed -n 1p)
  number=$(printf '%s\n' "$libc" | sed -n 's/.*[^0-9.]\(2\.[0-9][0-9]*\).*/\1/p')
  case $libc in
    *musl*) verdict FAIL libc 'musl (Alpine or alike)' 'agents need a system with glibc 2.28 or newer: Debian, Ubuntu, RHEL, Alibaba Cloud Linux, ...' ;;
    *)
      if [ -z "$number" ]; then
        if ls /lib/ld-musl-* >/dev/null 2>&1; then
          verdict FAIL libc 'musl (Alpine or alike)' 'agents need a system with glibc 2.28 or newer'
        else
          verdict warn libc 'of an unknown version' 'glibc 2.28 or newer is needed'
        fi
      elif [ "${number#2.}" -lt "$GLIBC_MINOR_MIN" ]; then
        verdict FAIL libc "glibc $number" 'glibc 2.28 or newer is needed: CentOS 8, Debian 10, Ubuntu 20.04 or later'
      else
        verdict ok libc "glibc $number"
      fi
      ;;
  esac
}

check_init() {
  if [ -d /run/systemd/system ] && has systemctl; then
    init=systemd
    verdict ok init systemd
  elif [ -d /etc/init.d ]; then
    init=initd
    verdict ok init "no systemd: a supervised process, started by $INIT"
  else
    init=none
    verdict warn init 'neither systemd nor /etc/init.d' "have '$COMMAND start' run at boot"
  fi
}

check_tools() {
  missing=
  for tool in tar gzip mktemp sed df chown ln id uname head tail cat; do
    has "$tool" || missing="$missing $tool"
  done
  has sha256sum || has openssl || missing="$missing sha256sum"
  [ -n "$PAYLOAD_LINE" ] || has curl || has wget || missing="$missing curl-or-wget"
  if [ -n "$missing" ]; then
    verdict FAIL tools "missing:$missing" 'install them'
  else
    verdict ok tools 'all there'
  fi
  if id "$user" >/dev/null 2>&1; then
    verdict ok user "$user is there"
  elif [ "$user" != sluice-agent ]; then
    verdict FAIL user "there is no user $user" 'create it, or leave --user out'
  elif has useradd || has adduser; then
    verdict ok user "$user will be made"
  else
    verdict FAIL user "$user cannot be made: there is neither useradd nor adduser" 'give an existing one with --user'
  fi
  if [ "$user" != root ] && [ -z "$(drop_tool)" ]; then
    verdict FAIL user 'root cannot become another user here' 'install setpriv, or su'
  fi
}

check_memory() {
  total=$(sed -n 's/^MemTotal: *\([0-9]*\).*/\1/p' /proc/meminfo 2>/dev/null)
  limit=$(cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null | head -n 1)
  case $limit in
    '' | *[!0-9]*) ;;
    # 15 digits and more: no limit
    ???????????????*) ;;
    *) [ $((limit / 1024)) -ge "${total:-0}" ] || total=$((limit / 1024)) ;;
  esac
  if [ -z "$total" ]; then
    verdict warn memory 'cannot be read from /proc/meminfo' 'at least 512 MB are needed'
  elif [ "$total" -lt "$MEMORY_KB_MIN" ]; then
    verdict FAIL memory "$((total / 1024)) MB" 'at least 512 MB are needed; each channel takes about 200 MB under load'
  else
    verdict ok memory "$((total / 1024)) MB"
  fi
}

check_disks() {
  check_disk "$prefix" "$PREFIX_KB_MIN" --prefix
  check_disk "$state_dir" "$STATE_KB_MIN" --state-dir
}

# directory, wanted KB, the option that names another place
check_disk() {
  place=$(nearest "$1")
  free=$(free_kb "$place")
  if ! [ -w "$place" ] && [ "$(id -u)" -eq 0 ]; then
    verdict FAIL disk "$1 is on a read-only file system" "remount it, or give another place with $3"
  elif [ "${free:-0}" -lt "$2" ]; then
    verdict FAIL disk "$1: $(df -Pk "$place" | sed -n '2s/^[^ ]* *[0-9]* *[0-9]* *[0-9]* *\([0-9]*%\) *\(.*\)$/\2 is \1 full/p'), $((${free:-0} / 1024)) MB free" \
      "make room ($(($2 / 1024)) MB are needed), or give another place with $3"
  else
    verdict ok disk "$1: $((free / 1024)) MB free"
  fi
}

nearest() {
  dir=$1
  while ! [ -d "$dir" ]; do dir=${dir%/*}; dir=${dir:-/}; done
  printf '%s\n' "$dir"
}

free_kb() {
  df -Pk "$1" 2>/dev/null | sed -n '2s/^.* \([0-9][0-9]*\)  *[0-9][0-9]*% .*$/\1/p'
}

# The first place with room in which programs may be run.
make_temp() {
  for dir in "${TMPDIR:-/tmp}" /var/tmp "$(nearest "$prefix")" /dev/shm; do
    [ -d "$dir" ] && [ -w "$dir" ] || continue
    [ "$(free_kb "$dir")" -ge "$TEMP_KB_MIN" ] 2>/dev/null || continue
    made=$(mktemp -d "$dir/sluice-install.XXXXXX" 2>/dev/null) || continue
    printf '#!/bin/sh\nexit 0\n' >"$made/probe" 2>/dev/null && chmod 700 "$made/probe"
    if "$made/probe" 2>/dev/null; then
      temp=$made
      rm -f "$temp/probe"
      return 0
    fi
    rm -rf "$made"
  done
  return 1
}

# The bundle in a private place: its own Node does the checks of the network.
check_bundle() {
  if ! make_temp; then
    verdict FAIL bundle 'no place to unpack it' "$((TEMP_KB_MIN / 1024)) MB are needed in /tmp, /var/tmp or $(nearest "$prefix"), where programs may be run"
    return
  fi
  if [ -n "$PAYLOAD_LINE" ]; then
    tail -n "+$PAYLOAD_LINE" "$script" >"$temp/bundle.tar.gz"
  else
    download || return
  fi
  seen=$(sha256_of "$temp/bundle.tar.gz")
  if [ "$seen" != "$SHA256" ]; then
    verdict FAIL bundle "its SHA-256 is $seen, and not $SHA256" 'the download is damaged, or of another version: fetch install.sh again'
    return
  fi
  mkdir "$temp/release"
  if ! tar -xzf "$temp/bundle.tar.gz" -C "$temp/release" --no-same-owner 2>/dev/null &&
    ! tar -xzf "$temp/bundle.tar.gz" -C "$temp/release"; then
    verdict FAIL bundle 'it cannot be unpacked' 'see the message above'
    return
  fi
  if said=$("$temp/release/bin/node" --version 2>&1); then
    unpacked=$temp/release
    verdict ok bundle "$VERSION, SHA-256 as promised, its Node $said runs here"
  else
    verdict FAIL bundle 'its own Node does not run here' "$(printf '%s' "$said" | sed -n 1p)"
  fi
}

sha256_of() {
  if has sha256sum; then
    sha256sum <"$1" | sed 's/ .*//'
  else
    openssl dgst -sha256 <"$1" | sed 's/.* //'
  fi
}

# What comes is compared with SHA256 above, so it does not matter whom wget believes.
download() {
  url=$WEB/bundles/$BUNDLE
  if has curl; then
    said=$(curl -fsSk --connect-timeout 10 --retry 2 --pinnedpubkey "sha256//$PIN" \
      -w 'CONNECT %{http_connect}\n' -o "$temp/bundle.tar.gz" "$url" 2>&1)
  else
    said=$(wget -q --no-check-certificate -O "$temp/bundle.tar.gz" "$url" 2>&1)
  fi
  status=$?
  [ "$status" -eq 0 ] && return 0
  case $status:$said in
    # Some versions of curl say no more than "HTTP response code said error" of it.
    *'CONNECT 407'* | *' 407'*) advice='the proxy answers 407, it wants a user name and password, or other ones: set https_proxy=http://USER:PASSWORD@HOST:PORT' ;;
    90:*) advice="something on the way opens TLS (it showed a certificate of $(shown_issuer)): have $WEB excepted from TLS inspection" ;;
    *) advice='have outgoing TCP to it allowed, set https_proxy, or bring the agent by one file: sluice agent bundle' ;;
  esac
  said=$(printf '%s' "$said" | sed '/^CONNECT /d' | sed -n '$p')
  verdict FAIL bundle "$url cannot be fetched ($said)" "$advice"
  return 1
}

shown_issuer() {
  curl -sSkvI --connect-timeout 10 "$WEB/" 2>&1 | sed -n 's/^\* *issuer: *//p' | sed -n 1p
}

check_network() {
  if [ -z "$unpacked" ]; then
    for check in dns proxy tcp tls clock token; do verdict skip "$check" 'needs the bundle'; done
    return
  fi
  # Nobody wants a token where there is nothing to enrol.
  no_token=
  if [ "$preflight_only" = yes ] && [ -z "${SLUICE_ENROL_TOKEN-}" ]; then no_token=--no-token; fi
  # shellcheck disable=SC2086
  "$unpacked/bin/node" "$unpacked/lib/doctor.mjs" --link-only $no_token --link "$LINK" \
    --state-dir "$state_dir" --ca-fingerprint "$CA_FINGERPRINT" || failed=$((failed + 1))
}

# ---------------------------------------------------------------- installation

install_agent() {
  [ -e "$CONF_DIR/install.conf" ] || fresh=yes
  changed=yes
  make_user
  uid=$(id -u "$user")
  gid=$(id -g "$user")
  lay_down_release
  write_conf
  write_command
  # An agent that ran before keeps its state directory to itself, and its status would be taken for the new one's.
  [ "$fresh" = yes ] || "$COMMAND" stop >/dev/null 2>&1
  enrol
  write_service
  if [ "$start" = no ]; then
    changed=no
    echo "Installed, not started: $COMMAND start"
    return
  fi
  start_service
  changed=no # from here on nothing is taken back
  if ! as_user "$prefix/current/bin/sluice-agent" doctor --state-dir "$state_dir" --wait-connected 60; then
    echo "The agent was installed and started, but is not connected after 60 s. See: $COMMAND logs, $COMMAND doctor" >&2
    exit 1
  fi
  forget_releases
}

# All but this one and the one before it.
forget_releases() {
  for dir in "$prefix"/releases/*; do
    case ${dir##*/} in "$VERSION" | "$previous") ;; *) as_user rm -rf "$dir" ;; esac
  done
}

say() { printf '      %s\n' "$1"; }

stop_here() {
  echo "$1" >&2
  exit 1
}

make_user() {
  user_made=$(conf_value user_made)
  if ! id "$user" >/dev/null 2>&1; then
    say "makes the user $user"
    shell=/bin/false
    [ -x /usr/sbin/nologin ] && shell=/usr/sbin/nologin
    if has useradd; then
      useradd --system --user-group --home-dir "$state_dir" --no-create-home --shell "$shell" "$user"
    else
      { addgroup -S "$user" && adduser -S -D -H -h "$state_dir" -s "$shell" -G "$user" "$user"; } >/dev/null
    fi || stop_here "The user $user cannot be made: see the message above."
    user_made=yes
  fi
}

conf_value() {
  sed -n "s/^$1='\(.*\)'\$/\1/p" "$CONF_DIR/install.conf" 2>/dev/null
}

lay_down_release() {
  previous=$(readlink "$prefix/current" 2>/dev/null)
  previous=${previous##*/}
  say "lays $prefix/releases/$VERSION down"
  owned_dir "$prefix" 755
  owned_dir "$state_dir" 700
  [ "$init" = systemd ] || owned_dir "$LOG_DIR" 750
  chown "$uid:$gid" "$temp/bundle.tar.gz"
  # As the service's user: root writes nothing into directories of somebody else.
  # shellcheck disable=SC2016
  as_user sh -c '
    set -e
    new=$1/releases/$2.new
    rm -rf "$new" && mkdir -p "$new" && tar -xzf - -C "$new"
    if [ -e "$1/releases/$2" ]; then
      rm -rf "$1/releases/$2.old" && mv "$1/releases/$2" "$1/releases/$2.old"
    fi
    mv "$new" "$1/releases/$2"
    rm -rf "$1/releases/$2.old"
    rm -f "$1/current.new" && ln -s "releases/$2" "$1/current.new" && mv -f -T "$1/current.new" "$1/current" 2>/dev/null ||
      { rm -f "$1/current" && mv -f "$1/current.new" "$1/current"; }
  ' sh "$prefix" "$VERSION" <"$temp/bundle.tar.gz" || stop_here "The release cannot be laid down in $prefix: see the message above."
}

# made when it is missing; in any case of the service's user
owned_dir() {
  [ -d "$1" ] || mkdir -p "$1" || stop_here "$1 cannot be made."
  chown "$uid:$gid" "$1" && chmod "$2" "$1" || stop_here "$1 cannot be given to $user."
}

# install.conf: what is where, for the scripts. agent.env: settings of the agent; may hold a proxy's password.
write_conf() {
  mkdir -p "$CONF_DIR" && chmod 755 "$CONF_DIR" || stop_here "$CONF_DIR cannot be made."
  {
    echo "prefix='$prefix'"
    echo "state_dir='$state_dir'"
    echo "log_dir='$LOG_DIR'"
    echo "user='$user'"
    echo "user_made='$user_made'"
    echo "init='$init'"
  } >"$CONF_DIR/install.conf"
  [ -n "$channels" ] || channels=$(env_value SLUICE_CHANNELS)
  proxy=${https_proxy-${HTTPS_PROXY-$(env_value https_proxy)}}
  except=${no_proxy-${NO_PROXY-$(env_value no_proxy)}}
  ( umask 027
    {
      echo "# Settings of the agent: restart it after a change (sluice-agent restart)."
      echo "SLUICE_LINK='$LINK'"
      echo "SLUICE_STATE_DIR='$state_dir'"
      [ -z "$channels" ] || echo "SLUICE_CHANNELS='$channels'"
      [ -z "$proxy" ] || echo "https_proxy='$proxy'"
      [ -z "$except" ] || echo "no_proxy='$except'"
    } >"$CONF_DIR/agent.env.new"
  )
  chown "root:$gid" "$CONF_DIR/agent.env.new" && chmod 640 "$CONF_DIR/agent.env.new" &&
    mv "$CONF_DIR/agent.env.new" "$CONF_DIR/agent.env" || stop_here "$CONF_DIR/agent.env cannot be written."
  cp "$unpacked/install/uninstall.sh" "$CONF_DIR/uninstall.sh" && chmod 755 "$CONF_DIR/uninstall.sh"
}

env_value() {
  sed -n "s/^$1='\(.*\)'\$/\1/p" "$CONF_DIR/agent.env" 2>/dev/null
}

write_command() {
  mkdir -p "${COMMAND%/*}"
  cp "$unpacked/install/command.sh" "$COMMAND" && chmod 755 "$COMMAND" || stop_here "$COMMAND cannot be written."
}

enrol() {
  if [ -e "$state_dir/identity.json" ]; then
    say 'keeps the identity of this host'
    return
  fi
  say "enrols with $LINK"
  "$COMMAND" host-uuid
  set -- enrol --state-dir "$state_dir" --link "$LINK"
  [ -z "$name" ] || set -- "$@" --name "$name"
  if [ -n "$proxy" ]; then export https_proxy="$proxy"; fi
  if [ -n "$except" ]; then export no_proxy="$except"; fi
  said=$(as_user "$prefix/current/bin/sluice-agent" "$@" 2>&1) ||
    stop_here "The control plane did not take the agent: $(printf '%s\n' "$said" | sed -n '$p')"
  unset SLUICE_ENROL_TOKEN
}

write_service() {
  case $init in
    systemd)
      sed -e "s|@PREFIX@|$prefix|g" -e "s|@STATE_DIR@|$state_dir|g" -e "s|@USER@|$user|g" \
        -e "s|@GROUP@|$(id -gn "$user")|g" "$unpacked/install/sluice-agent.service" >"$UNIT" ||
        stop_here "$UNIT cannot be written."
      ;;
    initd)
      cp "$unpacked/install/init.sh" "$INIT" && chmod 755 "$INIT" || stop_here "$INIT cannot be written."
      if has update-rc.d; then update-rc.d sluice-agent defaults >/dev/null 2>&1
      elif has chkconfig; then chkconfig --add sluice-agent >/dev/null 2>&1
      elif has rc-update; then rc-update add sluice-agent default >/dev/null 2>&1
      fi
      ;;
  esac
}

start_service() {
  say 'starts'
  as_user rm -f "$state_dir/status.json"
  "$COMMAND" start >/dev/null || stop_here "The service cannot be started: $COMMAND status says more."
}

drop_tool() {
  if has setpriv && setpriv --help 2>&1 | grep -q reuid; then echo setpriv
  elif has chroot && chroot --help 2>&1 | grep -q userspec; then echo chroot
  elif has su; then echo su
  fi
}

# Runs a command as the service's user, with this environment.
as_user() {
  if [ "$user" = root ]; then "$@"; return; fi
  case $(drop_tool) in
    setpriv) setpriv --reuid "$uid" --regid "$gid" --clear-groups -- "$@" ;;
    chroot) chroot --userspec="$uid:$gid" --groups= / "$@" ;;
    *) su -s /bin/sh "$user" -c 'exec "$@"' sh "$@" ;;
  esac
}

cleanup() {
  status=$?
  trap - EXIT
  [ -z "$temp" ] || rm -rf "$temp"
  if [ "$status" -ne 0 ] && [ "$changed" = yes ] && [ "$fresh" = no ]; then
    "$COMMAND" start >/dev/null 2>&1 # what was there before
  fi
  if [ "$status" -ne 0 ] && [ "$changed" = yes ] && [ "$fresh" = yes ]; then
    echo 'Everything that was changed is taken back.' >&2
    if [ -e "$CONF_DIR/uninstall.sh" ]; then
      sh "$CONF_DIR/uninstall.sh" --quiet >/dev/null 2>&1
    else
      rm -rf "$prefix" "$state_dir" "$CONF_DIR"
      [ "${user_made-}" != yes ] || userdel "$user" 2>/dev/null || deluser "$user" 2>/dev/null
    fi
  fi
  exit "$status"
}

# Last line: what was cut off on the way does nothing. The exit keeps the shell from what comes behind.
main "$@"; exit $?
