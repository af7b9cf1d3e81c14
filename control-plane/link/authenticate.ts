import { createHash, timingSafeEqual } from 'node:crypto'

import type { Metadata } from '@grpc/grpc-js'

import { AGENT_ID_KEY, AGENT_KEY_KEY } from '../../proto/link-metadata.ts'
import type { LinkStore, StoredAgent } from './link-store.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const KEY_CHARS_MAX = 256

export type Authentication =
  | { readonly ok: true; readonly agent: StoredAgent }
  | {
      readonly ok: false
      readonly reason: 'UNKNOWN_AGENT' | 'REVOKED'
      readonly message: string
    }

/** Who calls, by the call's metadata. Unknown agents and wrong keys get the same answer. */
export async function authenticate(store: LinkStore, metadata: Metadata): Promise<Authentication> {
  const agentId = oneValue(metadata, AGENT_ID_KEY)
  const key = oneValue(metadata, AGENT_KEY_KEY)
  if (!UUID.test(agentId) || key === '' || key.length > KEY_CHARS_MAX) return unknown(agentId)
  const agent = await store.findAgent(agentId)
  if (agent === null || !sameHash(key, agent.keyHash)) return unknown(agentId)
  if (agent.state === 'revoked') {
    return {
      ok: false,
      reason: 'REVOKED',
      message: `agent ${agent.name} (${agentId}) was revoked; enrol this host again with a new token`,
    }
  }
  return { ok: true, agent }
}

function oneValue(metadata: Metadata, key: string): string {
  const values = metadata.get(key)
  const [value] = values
  return values.length === 1 && typeof value === 'string' ? value : ''
}

function sameHash(key: string, keyHash: string): boolean {
  const given = createHash('sha256').update(key).digest()
  const stored = Buffer.from(keyHash, 'hex')
  return given.length === stored.length && timingSafeEqual(given, stored)
}

function unknown(agentId: string): Authentication {
  const who = UUID.test(agentId) ? `agent ${agentId}` : 'the agent'
  return {
    ok: false,
    reason: 'UNKNOWN_AGENT',
    message: `${who} is not known here with this key; enrol this host again with a new token`,
  }
}
