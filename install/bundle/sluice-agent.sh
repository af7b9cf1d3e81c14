#!/bin/sh
# The agent's command under the Node that came with it. It needs nothing else of the host.
set -eu
self=$0
while [ -L "$self" ]; do
  link=$(readlink "$self")
  case $link in
    /*) self=$link ;;
    *) self=$(dirname "$self")/$link ;;
  esac
done
release=$(cd "$(dirname "$self")/.." && pwd)
# One memory arena instead of one a thread: buffers of blocks come and go on all of them.
export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-2}"
case ${1-} in
  launch)
    shift
    exec "$release/bin/node" --max-semi-space-size=1 "$release/lib/launcher.mjs" "$@"
    ;;
  doctor)
    shift
    exec "$release/bin/node" "$release/lib/doctor.mjs" "$@"
    ;;
  *)
    # Without this the supervisor takes 40 MB more for the little garbage that it makes.
    exec "$release/bin/node" --max-semi-space-size=2 "$release/lib/agent.mjs" "$@"
    ;;
esac
