#!/bin/sh
# Compiles index.ts to WebAssembly, in ../codec-wasm.ts (committed; `npm run check` fails when it is stale).
set -eu
folder=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$folder/../../../.." && pwd)
out=${1:-$folder/../codec-wasm.ts}
binary=$(mktemp)
trap 'rm -f "$binary"' EXIT
cd "$folder"
"$root/node_modules/node/bin/node" "$root/node_modules/assemblyscript/bin/asc.js" index.ts --outFile "$binary" \
  -O3 --runtime stub --noAssert --enable simd --enable bulk-memory
{
  echo '/** Made of assembly/index.ts by assembly/generate.sh. */'
  echo 'export const CODEC_WASM_BASE64 ='
  echo "  '$(base64 <"$binary" | tr -d '\n')'"
} >"$out"
