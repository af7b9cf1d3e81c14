/**
 * Many enrolments in one transaction of few statements. It is for the plain case alone, new keys with
 * good tokens: when anything else turns up, nothing is written and each is enrolled by itself, as
 * `enrolOne` does, which finds out what to say.
 */
import type { BatchOutcome } from '../../lib/batcher.ts'
import type { NewAgent } from '../store/agents/insert-agent.ts'
import { insertAgents } from '../store/agents/insert-agents.ts'
import { knownKeys } from '../store/agents/known-keys.ts'
import { StoreError } from '../store/database.ts'
import type { Database } from '../store/database.ts'
import { burnEnrolTokens } from '../store/enrol-tokens/burn-enrol-tokens.ts'
import { compareHost } from './expected-host.ts'
import type { ExpectedHost } from './expected-host.ts'
import type { EnrolAttempt, EnrolOutcome } from './link-store.ts'

type EnrolOne = (attempt: EnrolAttempt) => Promise<EnrolOutcome>

export async function enrolMany(
  db: Database,
  attempts: readonly EnrolAttempt[],
  enrolOne: EnrolOne,
): Promise<readonly BatchOutcome<EnrolOutcome>[]> {
  if (attempts.length > 1) {
    const outcomes = await enrolPlain(db, attempts)
    if (outcomes !== null) return outcomes.map((value) => ({ ok: true, value }))
  }
  const outcomes: BatchOutcome<EnrolOutcome>[] = []
  for (const attempt of attempts) {
    try {
      outcomes.push({ ok: true, value: await enrolOne(attempt) })
    } catch (error) {
      outcomes.push({ ok: false, error })
    }
  }
  return outcomes
}

/** Undoes the transaction, which has burnt tokens. */
class NotPlain extends Error {
  override readonly name = 'NotPlain'
}

/** null: nothing was written, they are not all of the plain case. */
async function enrolPlain(
  db: Database,
  attempts: readonly EnrolAttempt[],
): Promise<EnrolOutcome[] | null> {
  const keys = new Set(attempts.map(({ publicKeyHash }) => publicKeyHash))
  if (keys.size < attempts.length) return null
  try {
    return await db.transaction((tx) => burnAndInsert(tx, attempts, [...keys]))
  } catch (error) {
    if (error instanceof NotPlain) return null
    if (error instanceof StoreError && error.code === 'CONFLICT') return null
    throw error
  }
}

async function burnAndInsert(
  tx: Database,
  attempts: readonly EnrolAttempt[],
  keys: readonly string[],
): Promise<EnrolOutcome[]> {
  if ((await knownKeys(tx, keys)).size > 0) throw new NotPlain('a key is known already')
  const uses = new Map<string, number>()
  for (const { tokenHash } of attempts) uses.set(tokenHash, (uses.get(tokenHash) ?? 0) + 1)
  const wanted = [...uses].map(([tokenHash, count]) => ({ tokenHash, uses: count }))
  const nowMs = Math.max(...attempts.map((attempt) => attempt.nowMs))
  const burnt = await burnEnrolTokens(tx, wanted, nowMs)
  if (burnt.length < wanted.length) throw new NotPlain('a token cannot be used')
  const tokens = new Map(burnt.map((token) => [token.tokenHash, token]))
  const agents: NewAgent[] = []
  const outcomes: EnrolOutcome[] = []
  for (const attempt of attempts) {
    const { tokenHash, publicKeyHash, newAgentId, facts, certificateUntilMs } = attempt
    const token = tokens.get(tokenHash)
    if (token === undefined) throw new NotPlain('a token cannot be used')
    const expected = token.expected as ExpectedHost
    const { refusal, notices } = compareHost(expected, facts)
    if (refusal !== null) throw new NotPlain(refusal)
    const name = attempt.wantedName || expected.name || attempt.defaultName
    agents.push({
      id: newAgentId,
      name,
      groupId: token.groupId,
      publicKeyHash,
      enrolTokenHash: tokenHash,
      facts,
      notices,
      certificateUntilMs,
      createdAtMs: attempt.nowMs,
    })
    outcomes.push({ kind: 'enrolled', agentId: newAgentId, name, group: token.groupName, notices })
  }
  await insertAgents(tx, agents)
  return outcomes
}
