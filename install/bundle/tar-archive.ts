/**
 * A tar archive whose bytes depend on its content alone: sorted, no owner, one time for all files.
 * ustar, which every tar reads; paths up to 100 bytes, which is more than a bundle needs.
 */
const BLOCK_BYTES = 512
const PATH_BYTES_MAX = 100

export interface ArchiveFile {
  /** Relative, with slashes. */
  readonly path: string
  readonly content: Uint8Array
  readonly isExecutable: boolean
}

/** Chunks of the archive, in order. @throws Error when a path does not fit. */
export function* tarArchive(
  files: readonly ArchiveFile[],
  modifiedAtMs: number,
): Generator<Uint8Array> {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1))
  for (const file of sorted) {
    yield header(file, modifiedAtMs)
    yield file.content
    const rest = file.content.byteLength % BLOCK_BYTES
    if (rest > 0) yield new Uint8Array(BLOCK_BYTES - rest)
  }
  yield new Uint8Array(2 * BLOCK_BYTES)
}

function header({ path, content, isExecutable }: ArchiveFile, modifiedAtMs: number): Uint8Array {
  if (Buffer.byteLength(path) > PATH_BYTES_MAX) {
    throw new Error(`${path}: a path of a bundle has at most ${PATH_BYTES_MAX} bytes`)
  }
  const block = Buffer.alloc(BLOCK_BYTES)
  block.write(path, 0)
  block.write(octal(isExecutable ? 0o755 : 0o644, 8), 100)
  block.write(octal(0, 8), 108) // owner: root; whoever unpacks it, owns it
  block.write(octal(0, 8), 116)
  block.write(octal(content.byteLength, 12), 124)
  block.write(octal(Math.floor(modifiedAtMs / 1000), 12), 136)
  block.fill(' ', 148, 156)
  block.write('0', 156)
  block.write('ustar\x0000', 257, 'latin1')
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}

function octal(value: number, bytes: number): string {
  return `${value.toString(8).padStart(bytes - 1, '0')}\0`
}
