/** A copy of an agent: kept out, remembered, and told what a person decided. */
import type { HostFacts } from '../../proto/gen/sluice/agent/v1/HostFacts.ts'
import { mintEnrolToken } from '../tls/enrol-token.ts'
import type { AgentRecord } from './agent-record.ts'
import { nameFromHostname } from './enrol.ts'
import { hostHash } from './hello-verdict.ts'
import type { HelloVerdict } from './hello-verdict.ts'
import type { LinkContext } from './link-context.ts'
import type { RecordedCopy } from './link-store.ts'
import type { FenceOrder } from './session-state.ts'

/** The copy enrols at once; it is told a new token whenever it asks again. */
const COPY_TOKEN_MS = 30 * 60 * 1000

export interface CopyArrival {
  readonly facts: HostFacts
  readonly generation: number
  readonly peer: string
}

export type CopyAnswer =
  | FenceOrder
  /** A person said: it is the agent. */
  | { readonly kind: 'becomesAgent'; readonly copyId: number }

/** Rejects when the store is away. */
export async function answerCopy(
  link: LinkContext,
  record: AgentRecord,
  arrival: CopyArrival,
  found: Extract<HelloVerdict, { kind: 'copy' }>,
): Promise<CopyAnswer> {
  const { facts, generation, peer } = arrival
  const copy = await link.store.recordCopy({
    agentId: record.agentId,
    verdict: found.verdict,
    hostHash: hostHash(facts),
    generation,
    facts,
    peer,
    nowMs: link.clock.nowMs(),
  })
  if (copy.decision === 'same') return { kind: 'becomesAgent', copyId: copy.copyId }
  if (copy.decision === 'new') return becomeNew(link, record, facts)
  const message = copyMessage(record, arrival, found, copy)
  if (copy.isNew) auditCopy(link, record, arrival, found, copy)
  return { kind: 'fence', reason: 'QUARANTINED', message }
}

async function becomeNew(
  link: LinkContext,
  record: AgentRecord,
  facts: HostFacts,
): Promise<FenceOrder> {
  const { token, tokenHash } = mintEnrolToken(link.caFingerprint)
  const createdAtMs = link.clock.nowMs()
  await link.store.addCopyToken({
    tokenHash,
    groupId: record.groupId,
    name: nameFromHostname(facts.hostname),
    createdAtMs,
    expiresAtMs: createdAtMs + COPY_TOKEN_MS,
  })
  return {
    kind: 'fence',
    reason: 'BECOME_NEW',
    message: `this copy of agent ${record.name} becomes an agent of its own`,
    enrolToken: token,
  }
}

function copyMessage(
  record: AgentRecord,
  { facts, generation, peer }: CopyArrival,
  { verdict, why }: { readonly verdict: 'clone' | 'snapshot'; readonly why: string },
  { copyId }: RecordedCopy,
): string {
  const what = verdict === 'clone' ? 'a copy' : 'a restored snapshot'
  const since =
    record.session === null || record.running === null
      ? 'not connected'
      : `connected since ${new Date(record.running.sinceMs).toISOString()}`
  return (
    `this is ${what} of agent ${record.name}: ${why}. ` +
    `The agent is ${hostLine(record.known.facts)}, generation ${record.known.generation}, ${since}; ` +
    `this one is ${hostLine(facts)}, generation ${generation}, from ${peer}. ` +
    `It is given no work until a person decides: sluice agent resolve ${record.name} ${copyId} --as new (an agent of its own) or --as same (it is the agent)`
  )
}

function auditCopy(
  link: LinkContext,
  record: AgentRecord,
  { facts, generation, peer }: CopyArrival,
  { verdict, why }: { readonly verdict: string; readonly why: string },
  { copyId }: RecordedCopy,
): void {
  const { agentId, name, known } = record
  const message = `${verdict} of agent ${name} was quarantined: ${why}`
  link.log.warn({ agentId, agent: name, peer, verdict, why }, 'a copy of an agent is quarantined')
  const detail = {
    copyId,
    agent: { ...hostOf(known.facts), generation: known.generation },
    copy: { ...hostOf(facts), generation },
  }
  link.audit({ kind: 'agent.quarantined', actor: 'agent', agentId, peer, message, detail })
}

function hostLine(facts: HostFacts): string {
  const { hostname, ips, bootId, machineId } = hostOf(facts)
  return `${hostname} (${ips.join(', ') || 'no address'}, boot ${bootId || 'unknown'}, machine ${machineId || 'unknown'})`
}

function hostOf({
  hostname,
  ips,
  bootId,
  machineId,
  dmiUuid,
}: HostFacts): Pick<HostFacts, 'hostname' | 'ips' | 'bootId' | 'machineId' | 'dmiUuid'> {
  return { hostname, ips, bootId, machineId, dmiUuid }
}
