import { CODEC_WASM_BASE64 } from './codec-wasm.ts'

/** Where assembly/ decodes: memory of its own, which grows and never shrinks. */

/** Behind whatever assembly/ reads and writes: W2 of its index.ts. */
export const SLACK_BYTES = 64
/** What it answers instead of where its output ends. */
export const CORRUPT = 0
export const NO_ROOM = 1

const PAGE_BYTES = 64 * 1024
/** A memory that a huge batch has made larger is not kept. A fresh one costs more than the decoding does. */
const KEPT_BYTES_MAX = 32 * 1024 * 1024

/** Of assembly/index.ts. */
interface CodecExports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number }
  decodeLz4Block(start: number, end: number, out: number, outEnd: number, outBegin: number): number
  decodeSnappyBlock(start: number, end: number, out: number, outEnd: number): number
  xxh32(start: number, length: number): number
}

/** What every engine has; only TypeScript's types for browsers declare it. */
interface WebAssemblyApi {
  readonly Module: new (binary: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: unknown }
}

const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly

export class BlockMemory {
  readonly wasm: CodecExports
  /** All of it; another view after `makeRoom`. */
  bytes = Buffer.alloc(0)

  constructor(compiled: object) {
    this.wasm = new Instance(compiled).exports as CodecExports
  }

  /** At least so many bytes, at most twice as many, with anything in them. Throws when the engine has none left. */
  makeRoom(bytes: number): void {
    if (bytes <= this.bytes.length) return
    const grown = Math.max(bytes, 2 * this.bytes.length) // by a block a time it would be slow
    this.wasm.memory.grow(Math.ceil((grown - this.bytes.length) / PAGE_BYTES))
    this.bytes = Buffer.from(this.wasm.memory.buffer)
  }
}

let compiled: object | null = null
let kept: BlockMemory | null = null

/** What `decode` returns may be a view of the memory: it is valid until the next call. */
export function withBlockMemory(decode: (memory: BlockMemory) => Buffer): Buffer {
  compiled ??= new Module(Buffer.from(CODEC_WASM_BASE64, 'base64'))
  const memory = (kept ??= new BlockMemory(compiled))
  try {
    return decode(memory)
  } finally {
    if (memory.bytes.length > KEPT_BYTES_MAX) kept = null
  }
}
