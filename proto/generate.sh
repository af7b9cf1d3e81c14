#!/bin/sh
# Generates the TypeScript types of the agent link into proto/gen (committed; `npm run check` fails when they are stale).
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
out=${1:-$root/proto/gen}
rm -rf "$out"
PATH="$root/node_modules/node/bin:$PATH" "$root/node_modules/.bin/proto-loader-gen-types" \
  --longs=Number --enums=String --bytes=Buffer --defaults --arrays --oneofs \
  --includeComments --importFileExtension=.ts --grpcLib=@grpc/grpc-js \
  --inputTemplate='%sInput' --outputTemplate='%s' \
  -I "$root/proto" -O "$out" "$root/proto/agent/v1/link.proto" >/dev/null
# The generator writes absolute paths into its comments.
find "$out" -name '*.ts' -exec sed -i "s|// Original file: .*/proto/|// Original file: proto/|" {} +
