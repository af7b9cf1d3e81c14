/** The log of an agent without a journal: a few files of a bounded size. */
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'

export interface RotatingLogOptions {
  readonly path: string
  readonly bytesMax: number
  /** Older ones beside it: `<path>.1` is the newest of them. */
  readonly filesKept: number
}

export class RotatingLog {
  readonly #options: RotatingLogOptions
  #fd: number
  #bytes: number

  /** @throws Error when the file cannot be opened */
  constructor(options: RotatingLogOptions) {
    this.#options = options
    mkdirSync(dirname(options.path), { recursive: true })
    this.#fd = openSync(options.path, 'a', 0o640)
    this.#bytes = fstatSync(this.#fd).size
  }

  /** A full disk loses lines of this file, never the agent: the control plane has them too. */
  write(chunk: string | Uint8Array): void {
    const data = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    try {
      if (this.#bytes > 0 && this.#bytes + data.byteLength > this.#options.bytesMax) this.#rotate()
      this.#bytes += writeSync(this.#fd, data)
    } catch (error) {
      process.stderr.write(`${this.#options.path}: ${String(error)}\n`)
    }
  }

  close(): void {
    closeSync(this.#fd)
  }

  #rotate(): void {
    const { path, filesKept } = this.#options
    for (let number = filesKept - 1; number >= 1; number--) {
      if (existsSync(`${path}.${number}`)) renameSync(`${path}.${number}`, `${path}.${number + 1}`)
    }
    renameSync(path, `${path}.1`)
    const fd = openSync(path, 'a', 0o640)
    closeSync(this.#fd)
    this.#fd = fd
    this.#bytes = 0
  }
}
