/** The link's store over the statements of store/. */
import { findAgent } from '../store/agents/find-agent.ts'
import { insertAgent } from '../store/agents/insert-agent.ts'
import { listAgents } from '../store/agents/list-agents.ts'
import { recordHeartbeat } from '../store/agents/record-heartbeat.ts'
import { recordHello } from '../store/agents/record-hello.ts'
import { revokeAgent } from '../store/agents/revoke-agent.ts'
import { setAgentState } from '../store/agents/set-agent-state.ts'
import { StoreError } from '../store/database.ts'
import type { Database } from '../store/database.ts'
import { burnEnrolToken } from '../store/enrol-tokens/burn-enrol-token.ts'
import { findEnrolToken } from '../store/enrol-tokens/find-enrol-token.ts'
import { insertLogLines } from '../store/log-lines/insert-log-lines.ts'
import type {
  AgentState,
  EnrolAttempt,
  EnrolOutcome,
  LinkStore,
  StoredAgent,
} from './link-store.ts'

const ALL_BUT_REVOKED: readonly AgentState[] = [
  'enrolled',
  'online',
  'suspect',
  'offline',
  'draining',
  'drained',
  'quarantined',
]

export function databaseLinkStore(db: Database): LinkStore {
  return {
    enrol: (attempt) => enrol(db, attempt),
    findAgent: async (agentId) => {
      const row = await findAgent(db, agentId)
      return row === null ? null : storedAgent(row)
    },
    listAgents: async () => {
      const rows = await listAgents(db, null)
      return rows.filter((row) => row.state !== 'enrolled').map(storedAgent)
    },
    openSession: (session) => recordHello(db, session),
    saveBeat: async (beat) => {
      await recordHeartbeat(db, { ...beat, heartbeatAtMs: beat.atMs })
    },
    revokeAgent: async (agentId) => {
      await revokeAgent(db, agentId)
    },
    setAgentState: async (agentId, to) => {
      await setAgentState(db, { agentId, from: ALL_BUT_REVOKED, to, sessionEpoch: null })
    },
    appendLogLines: (lines) => insertLogLines(db, lines),
  }
}

async function enrol(db: Database, attempt: EnrolAttempt): Promise<EnrolOutcome> {
  try {
    return await db.transaction((tx) => burnAndInsert(tx, attempt))
  } catch (error) {
    // The transaction is undone: the token may be used again.
    if (!(error instanceof StoreError) || error.code !== 'CONFLICT') throw error
    if (error.constraint === 'agents_name_key') return { kind: 'nameTaken' }
    if (error.constraint === 'agents_key_hash_key') return { kind: 'keyUsed' }
    throw error
  }
}

async function burnAndInsert(tx: Database, attempt: EnrolAttempt): Promise<EnrolOutcome> {
  const { tokenHash, keyHash, newAgentId, nowMs } = attempt
  const burned = await burnEnrolToken(tx, { tokenHash, agentKeyHash: keyHash, newAgentId, nowMs })
  if (burned === null) return whyRefused(tx, attempt)
  const group = burned.groupName
  if (burned.agentId === newAgentId) {
    await insertAgent(tx, {
      id: newAgentId,
      name: attempt.name,
      groupId: burned.groupId,
      keyHash,
      facts: attempt.facts,
      createdAtMs: nowMs,
    })
    return { kind: 'enrolled', agentId: newAgentId, name: attempt.name, group }
  }
  // The reply to the first use was lost: the same agent again, under the name that it has.
  const agent = await findAgent(tx, burned.agentId)
  if (agent === null || agent.state === 'revoked') return { kind: 'tokenUsed' }
  return { kind: 'enrolled', agentId: agent.id, name: agent.name, group: agent.groupName }
}

async function whyRefused(tx: Database, attempt: EnrolAttempt): Promise<EnrolOutcome> {
  const token = await findEnrolToken(tx, attempt.tokenHash)
  if (token === null) return { kind: 'unknownToken' }
  if (token.expiresAtMs <= attempt.nowMs) {
    return { kind: 'expired', expiredAtMs: token.expiresAtMs }
  }
  return { kind: 'tokenUsed' }
}

function storedAgent(row: NonNullable<Awaited<ReturnType<typeof findAgent>>>): StoredAgent {
  const { id, name, groupId, keyHash, state, channels } = row
  return { agentId: id, name, groupId, keyHash, state, channels }
}
