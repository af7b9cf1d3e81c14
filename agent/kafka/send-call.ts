import { negotiate } from './api.ts'
import type { BrokerConnection } from './connection.ts'
import type { Call, Throttled } from './requests/call.ts'

/** Negotiates the version, sends, decodes, and honours the broker's throttle. */
export async function sendCall<T extends Throttled>(
  connection: BrokerConnection,
  call: Call<T>,
): Promise<T> {
  const version = negotiate(call.api, connection.versions, connection.where, call.versionMax)
  const reader = await connection.request({
    api: call.api,
    version,
    body: call.encode(version),
    ...(call.timeoutMs === undefined ? {} : { timeoutMs: call.timeoutMs }),
  })
  const answer = call.decode(reader, version)
  connection.throttle(answer.throttleMs)
  return answer
}
