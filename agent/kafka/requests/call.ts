import type { Api } from '../api.ts'
import type { WireReader } from '../wire.ts'

/** One kind of request: how it is written and how its answer is read, in any negotiated version. */
export interface Call<T extends Throttled> {
  readonly api: Api
  /** A lower limit than the API's own, where this call needs it. */
  readonly versionMax?: number
  readonly timeoutMs?: number
  encode(version: number): Buffer
  decode(reader: WireReader, version: number): T
}

export interface Throttled {
  /** How long the broker asks us to be silent on this connection. */
  readonly throttleMs: number
}
