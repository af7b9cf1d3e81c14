/** The link's store over the statements of store/. */
import type { HostFacts } from '../../proto/gen/sluice/agent/v1/HostFacts.ts'
import { deleteCopy } from '../store/agent-copies/delete-copy.ts'
import { recordCopy } from '../store/agent-copies/record-copy.ts'
import { insertAgentSamples } from '../store/agent-samples/insert-agent-samples.ts'
import type { AgentRow } from '../store/agents/agent-row.ts'
import { confirmGenerations } from '../store/agents/confirm-generations.ts'
import type { ConfirmedGeneration } from '../store/agents/confirm-generations.ts'
import { findAgentByKey } from '../store/agents/find-agent-by-key.ts'
import { findAgents } from '../store/agents/find-agents.ts'
import { freeAgentName } from '../store/agents/free-agent-name.ts'
import { insertAgent } from '../store/agents/insert-agent.ts'
import { listAgents } from '../store/agents/list-agents.ts'
import { recordHeartbeats } from '../store/agents/record-heartbeats.ts'
import { recordHellos } from '../store/agents/record-hellos.ts'
import { revokeAgent } from '../store/agents/revoke-agent.ts'
import { saveCertificates } from '../store/agents/save-certificates.ts'
import type { SavedCertificate } from '../store/agents/save-certificates.ts'
import { setAgentStates } from '../store/agents/set-agent-states.ts'
import type { AgentStateChange } from '../store/agents/set-agent-states.ts'
import { StoreError } from '../store/database.ts'
import type { Database } from '../store/database.ts'
import { burnEnrolToken } from '../store/enrol-tokens/burn-enrol-token.ts'
import { findEnrolToken } from '../store/enrol-tokens/find-enrol-token.ts'
import { insertEnrolToken } from '../store/enrol-tokens/insert-enrol-token.ts'
import { insertLogLines } from '../store/log-lines/insert-log-lines.ts'
import { enrolMany } from './enrol-batch.ts'
import { compareHost } from './expected-host.ts'
import type { ExpectedHost } from './expected-host.ts'
import type {
  CopyToken,
  EnrolAttempt,
  EnrolOutcome,
  LinkStore,
  OpenedSession,
  RecordedCopy,
  SeenCopy,
  StoredAgent,
  TokenCheck,
} from './link-store.ts'
import { batch, batchByKey } from './store-batches.ts'

export function databaseLinkStore(db: Database): LinkStore {
  const confirm = written('confirmed generations', (items: readonly ConfirmedGeneration[]) =>
    confirmGenerations(db, items),
  )
  const certify = written('certificates', (items: readonly SavedCertificate[]) =>
    saveCertificates(db, items),
  )
  const setState = written('states of agents', (items: readonly AgentStateChange[]) =>
    setAgentStates(db, items),
  )
  return {
    enrol: batch('enrolments', (attempts) =>
      enrolMany(db, attempts, (attempt) => enrol(db, attempt)),
    ),
    checkToken: (tokenHash, nowMs) => checkToken(db, tokenHash, nowMs),
    findAgent: batchByKey({
      name: 'agents looked up',
      keyOf: (agentId: string) => agentId,
      run: async (agentIds) => {
        const rows = await findAgents(db, agentIds)
        return new Map(rows.map((row) => [row.id, storedAgent(row)]))
      },
      none: null as StoredAgent | null,
    }),
    listAgents: async () => {
      const rows = await listAgents(db, null)
      return rows.filter((row) => row.state !== 'enrolled').map(storedAgent)
    },
    openSession: batchByKey({
      name: 'hellos',
      keyOf: ({ agentId }: OpenedSession) => agentId,
      run: async (sessions) =>
        new Map((await recordHellos(db, sessions)).map((row) => [row.agentId, row])),
      none: null as { readonly sessionEpoch: number } | null,
    }),
    confirmGeneration: (agentId, sessionEpoch, generation) =>
      confirm({ agentId, sessionEpoch, generation }),
    saveCertificate: (agentId, certificateUntilMs) => certify({ agentId, certificateUntilMs }),
    saveBeats: async (beats) => {
      await recordHeartbeats(db, beats)
    },
    saveSamples: (samples) => insertAgentSamples(db, samples),
    revokeAgent: async (agentId) => {
      await revokeAgent(db, agentId)
    },
    // One queue for both: what comes later is written later (SB2).
    startDrain: (agentId, drainUntilMs) => setState({ agentId, state: 'draining', drainUntilMs }),
    setAgentState: (agentId, state) => setState({ agentId, state }),
    recordCopy: (copy) => rememberCopy(db, copy),
    forgetCopy: (copyId) => deleteCopy(db, copyId),
    addCopyToken: (token) => addCopyToken(db, token),
    appendLogLines: (lines) => insertLogLines(db, lines),
  }
}

/** Many rows in one statement, of which nobody asks more than that it was carried out. */
function written<Item extends { readonly agentId: string }>(
  name: string,
  write: (items: readonly Item[]) => Promise<unknown>,
): (item: Item) => Promise<void> {
  return batchByKey<Item, void>({
    name,
    keyOf: ({ agentId }) => agentId,
    run: async (items) => {
      await write(items)
      return new Map()
    },
    none: undefined,
  })
}

async function enrol(db: Database, attempt: EnrolAttempt): Promise<EnrolOutcome> {
  try {
    return await db.transaction((tx) => burnAndInsert(tx, attempt))
  } catch (error) {
    // The transaction is undone: the token may be used again.
    if (error instanceof NotEnrolled) return error.outcome
    if (!(error instanceof StoreError) || error.code !== 'CONFLICT') throw error
    // The same key at the same time: the other call has made the agent.
    if (error.constraint !== 'agents_public_key_hash_key') throw error
    return (await enrolledBefore(db, attempt)) ?? { kind: 'keyUsed' }
  }
}

/** Undoes the transaction, which has burnt the token. */
class NotEnrolled extends Error {
  readonly outcome: EnrolOutcome

  constructor(outcome: EnrolOutcome) {
    super(outcome.kind)
    this.name = 'NotEnrolled'
    this.outcome = outcome
  }
}

async function burnAndInsert(tx: Database, attempt: EnrolAttempt): Promise<EnrolOutcome> {
  const { tokenHash, publicKeyHash, newAgentId, facts, nowMs } = attempt
  const before = await enrolledBefore(tx, attempt)
  if (before !== null) return before
  const burned = await burnEnrolToken(tx, { tokenHash, nowMs })
  if (burned === null) return (await enrolledBefore(tx, attempt)) ?? whyRefused(tx, attempt)
  const expected = burned.expected as ExpectedHost
  const { refusal, notices } = compareHost(expected, facts)
  if (refusal !== null) throw new NotEnrolled({ kind: 'otherHost', message: refusal })
  const name = attempt.wantedName || expected.name || attempt.defaultName
  try {
    await insertAgent(tx, {
      id: newAgentId,
      name,
      groupId: burned.groupId,
      publicKeyHash,
      enrolTokenHash: tokenHash,
      facts,
      notices,
      certificateUntilMs: attempt.certificateUntilMs,
      createdAtMs: nowMs,
    })
  } catch (error) {
    if (!(error instanceof StoreError) || error.constraint !== 'agents_name_key') throw error
    throw new NotEnrolled({ kind: 'nameTaken', name })
  }
  return { kind: 'enrolled', agentId: newAgentId, name, group: burned.groupName, notices }
}

/** The reply to the first use was lost: the same agent again, under the name that it has. */
async function enrolledBefore(tx: Database, attempt: EnrolAttempt): Promise<EnrolOutcome | null> {
  const agent = await findAgentByKey(tx, attempt.publicKeyHash)
  if (agent === null) return null
  if (agent.enrolTokenHash !== attempt.tokenHash) {
    const refusal = await whyRefused(tx, attempt)
    return refusal.kind === 'tokenUsed' ? { kind: 'keyUsed' } : refusal
  }
  const token = await findEnrolToken(tx, attempt.tokenHash)
  if (token === null || token.expiresAtMs <= attempt.nowMs) return whyRefused(tx, attempt)
  if (agent.state === 'revoked') return { kind: 'tokenUsed' }
  const { id: agentId, name, groupName: group, notices } = agent
  return { kind: 'enrolled', agentId, name, group, notices }
}

/** Of a token that was not burnt, or must not be. */
async function whyRefused(tx: Database, attempt: EnrolAttempt): Promise<EnrolOutcome> {
  const token = await findEnrolToken(tx, attempt.tokenHash)
  if (token === null) return { kind: 'unknownToken' }
  if (token.expiresAtMs <= attempt.nowMs) {
    return { kind: 'expired', expiredAtMs: token.expiresAtMs }
  }
  return { kind: 'tokenUsed' }
}

async function checkToken(db: Database, tokenHash: string, nowMs: number): Promise<TokenCheck> {
  const token = await findEnrolToken(db, tokenHash)
  if (token === null) return { kind: 'unknown' }
  if (token.expiresAtMs <= nowMs) return { kind: 'expired' }
  if (token.uses >= token.usesMax) return { kind: 'used' }
  return { kind: 'good', group: token.groupName }
}

async function rememberCopy(db: Database, copy: SeenCopy): Promise<RecordedCopy> {
  const row = await recordCopy(db, copy)
  const isNew = row.firstSeenMs === copy.nowMs
  return { copyId: row.id, isNew, decision: row.decision }
}

async function addCopyToken(db: Database, token: CopyToken): Promise<void> {
  const { name, ...rest } = token
  const expected = { name: await freeAgentName(db, name) }
  await insertEnrolToken(db, { ...rest, createdBy: 'control plane', expected })
}

function storedAgent(row: AgentRow): StoredAgent {
  const { id, facts, ...rest } = row
  return { ...rest, agentId: id, facts: facts as HostFacts }
}
