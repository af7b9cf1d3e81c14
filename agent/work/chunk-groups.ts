/** Chunks in groups, in their order: each of at most `bytesMax` bytes, or of one larger chunk. */
export function* chunkGroups(
  chunks: readonly Uint8Array[],
  bytesMax: number,
): Generator<{ readonly chunks: readonly Uint8Array[]; readonly bytes: number }, void, undefined> {
  let from = 0
  let bytes = 0
  for (const [index, { length }] of chunks.entries()) {
    if (index > from && bytes + length > bytesMax) {
      yield { chunks: chunks.slice(from, index), bytes }
      from = index
      bytes = 0
    }
    bytes += length
  }
  if (from < chunks.length) yield { chunks: chunks.slice(from), bytes }
}
