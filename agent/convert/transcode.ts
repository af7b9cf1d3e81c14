/** Text of other encodings into UTF-8, which is what STRING holds and JSON is read from. */
import { BytesBuilder } from './bytes-builder.ts'
import type { DirtyMarks, TextSpans } from './row-window.ts'

/** The global one, which Node's types export as a value only. */
export type Decoder = InstanceType<typeof TextDecoder>

const NO_BYTES = new Uint8Array(0)

export class Transcoder {
  readonly #decoder: Decoder
  readonly #builder = new BytesBuilder()

  constructor(decoder: Decoder) {
    this.#decoder = decoder
  }

  /** The same rows as UTF-8 text. Rows that are not of the encoding are marked dirty. Valid until the next call. */
  transcode(spans: TextSpans, count: number, dirty: DirtyMarks): TextSpans {
    this.#builder.begin(NO_BYTES)
    for (let row = 0; row < count; row++) {
      const length = spans.lengths[row]!
      if (length < 0) {
        this.#builder.setNull(row)
        continue
      }
      const start = spans.starts[row]!
      const text = this.#decode(spans.data.subarray(start, start + length))
      if (text === null) {
        dirty.mark(row, '', `the bytes are not ${this.#decoder.encoding} text`)
        continue
      }
      const utf8 = Buffer.from(text, 'utf8')
      this.#builder.set(row, utf8, 0, utf8.length)
    }
    return this.#builder.column()
  }

  #decode(bytes: Uint8Array): string | null {
    try {
      return this.#decoder.decode(bytes)
    } catch {
      return null
    }
  }
}
