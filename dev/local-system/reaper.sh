#!/bin/sh
# Kills process groups when whoever started it is gone, however it went: then its standard input ends.
# Lines on standard input: "watch PGID", "forget PGID".
trap '' INT TERM HUP
groups=
while read -r verb group; do
  rest=
  for one in $groups; do
    [ "$one" = "$group" ] || rest="$rest $one"
  done
  groups=$rest
  [ "$verb" = watch ] && groups="$groups $group"
done
for one in $groups; do
  kill -s KILL -- "-$one" 2>/dev/null
done
exit 0
