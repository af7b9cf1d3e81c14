/**
 * From Hello to Welcome.
 *
 * A1. Admission runs in the agent's own queue: everything that its older session had said is worked
 *     off before reconcile asks what is true now.
 * A2. The newest Hello wins. The older session is fenced before the store is asked for an epoch.
 * A3. From the Hello on nothing is assigned until Reconciled: what the agent listed stays the truth.
 * A4. Who may be a copy holds up nothing: the original is given work while it is asked, and after.
 */
import type { Hello } from '../../proto/gen/sluice/agent/v1/Hello.ts'
import type { HostFacts } from '../../proto/gen/sluice/agent/v1/HostFacts.ts'
import type { WelcomeInput } from '../../proto/gen/sluice/agent/v1/Welcome.ts'
import { HELLO_WORK_MAX } from '../../proto/link-limits.ts'
import { PROTOCOL_VERSION, PROTOCOL_VERSION_MIN } from '../../proto/protocol-version.ts'
import type { ReconcileVerdict } from '../run/link-port.ts'
import { heardFrom } from './agent-presence.ts'
import type { AgentRecord, AgentSession } from './agent-record.ts'
import { auditRefusal, authenticate } from './authenticate.ts'
import type { AgentCall, Caller } from './authenticate.ts'
import { answerCopy } from './copies.ts'
import { judgeHello, nextGeneration, pinnedFacts } from './hello-verdict.ts'
import type { Newcomer, OldSession } from './hello-verdict.ts'
import type { LinkContext } from './link-context.ts'

/** Channels that one agent may announce. */
const CHANNELS_MAX = 1024

/** A session that has said Hello. */
export interface AdmittingSession extends AgentSession {
  readonly call: AgentCall
  readonly peer: string
  welcome(record: AgentRecord, epoch: number, welcome: WelcomeInput): void
}

interface Arrival {
  readonly session: AdmittingSession
  readonly caller: Caller
  readonly hello: Hello
  readonly version: number
}

interface Admitted {
  readonly rebooted: boolean
  readonly storeWentBack: boolean
  /** A copy that a person made the agent; null: it is the agent. */
  readonly copyId: number | null
}

/** Never rejects: the session is welcomed, fenced or broken off. */
export async function admit(
  link: LinkContext,
  session: AdmittingSession,
  hello: Hello,
): Promise<void> {
  const version = agreedVersion(hello)
  if (version === null) {
    const message =
      `the agent speaks versions ${hello.protocolVersionMin} to ${hello.protocolVersionMax} of the link, ` +
      `this control plane ${PROTOCOL_VERSION_MIN} to ${PROTOCOL_VERSION}: upgrade the older of the two`
    return session.handle({ kind: 'fence', reason: 'PROTOCOL_VERSION', message })
  }
  const problem = helloProblem(hello)
  if (problem !== null) {
    return session.handle({ kind: 'fence', reason: 'PROTOCOL_ERROR', message: problem })
  }
  if (!(await link.gate.enter())) {
    return session.goAway('too many agents say hello at once', link.gate.comeBackMs())
  }
  const isQueued = await queueArrival(link, session, hello, version)
  if (!isQueued) link.gate.leave()
}

/** False: it was turned away at once. */
async function queueArrival(
  link: LinkContext,
  session: AdmittingSession,
  hello: Hello,
  version: number,
): Promise<boolean> {
  if (!session.isOpen) return false // it did not want to wait
  const found = await authenticate(link, session.call).catch((error: unknown) => {
    link.log.error({ err: error, peer: session.peer }, 'cannot look up an agent')
    return null
  })
  if (found === null) {
    session.breakOff('the control plane cannot reach its store')
    return false
  }
  if (!found.ok) {
    auditRefusal(link, session.call, found)
    session.handle({ kind: 'fence', reason: found.reason, message: found.message })
    return false
  }
  const { caller } = found
  const record = link.registry.obtain(caller.agent, 'offline', link.clock.monotonicMs())
  const arrival = { session, caller, hello, version }
  const isExpected = judgeHello(record.known, newcomer(hello), oldSession(record)).kind === 'accept'
  if (isExpected) record.admitting += 1 // A3
  record.queue.push(() =>
    admitInTurn(link, record, arrival, isExpected).finally(() => link.gate.leave()),
  ) // A1
  return true
}

async function admitInTurn(
  link: LinkContext,
  record: AgentRecord,
  arrival: Arrival,
  isExpected: boolean,
): Promise<void> {
  const { session } = arrival
  let holds = isExpected
  try {
    if (!session.isOpen) return
    const admitted = await judgeInTurn(link, record, arrival) // A4
    if (admitted === null) return
    if (!holds) record.admitting += 1
    holds = true
    if (session.isOpen) await takeOver(link, record, arrival, admitted)
  } catch (error) {
    link.log.error({ err: error, agentId: record.agentId }, 'an agent cannot be admitted')
    session.breakOff('the control plane cannot admit the agent just now')
  } finally {
    if (holds) record.admitting -= 1
    if (holds && record.isReady) link.events.agentReady(record.ready) // turned away after all
  }
}

/** null: it was turned away, and told why. */
async function judgeInTurn(
  link: LinkContext,
  record: AgentRecord,
  { session, hello }: Arrival,
): Promise<Admitted | null> {
  let verdict = judgeHello(record.known, newcomer(hello), oldSession(record))
  if (verdict.kind === 'probe') {
    const old = record.session
    if (old?.isPaused === true) {
      // Its answer would not be read: whoever asks may ask again.
      session.breakOff('the control plane is behind with the frames of this agent; try again')
      return null
    }
    const answers = (await old?.probe()) === true
    verdict = judgeHello(record.known, newcomer(hello), answers ? 'answers' : 'silent')
  }
  if (verdict.kind === 'accept') return { ...verdict, copyId: null }
  if (verdict.kind === 'probe') throw new Error('an answered probe leaves nothing to ask')
  const { generation } = hello
  const arrival = { facts: hello.facts as HostFacts, generation, peer: session.peer }
  const answer = await answerCopy(link, record, arrival, verdict)
  if (answer.kind === 'becomesAgent') {
    return { rebooted: false, storeWentBack: false, copyId: answer.copyId }
  }
  session.handle(answer)
  return null
}

async function takeOver(
  link: LinkContext,
  record: AgentRecord,
  { session, caller, hello, version }: Arrival,
  admitted: Admitted,
): Promise<void> {
  record.lastHeardMs = link.clock.monotonicMs()
  // A2
  record.session?.handle({
    kind: 'fence',
    reason: 'NEWER_SESSION',
    message: `agent ${record.name} said hello again from ${session.peer}`,
  })
  const { known } = record
  const generationOffered = nextGeneration(known, newcomer(hello))
  const said = hello.facts as HostFacts
  const facts = admitted.copyId === null ? pinnedFacts(known.facts, said) : said
  const opened = await link.store.openSession({
    agentId: record.agentId,
    processId: hello.processId,
    channels: hello.channels,
    facts,
    state: record.duty === 'working' ? 'online' : record.duty,
    leaseUntilMs: link.clock.nowMs() + link.pace.now.leaseMs,
    generation: hello.generation,
    generationOffered,
  })
  if (opened === null || record.revoked) {
    const message = `agent ${record.name} was revoked`
    return session.handle({ kind: 'fence', reason: 'REVOKED', message })
  }
  const { generation, processId } = hello
  if (known.processId !== '' && known.processId !== processId) {
    record.restart = { atMs: link.clock.nowMs(), what: admitted.rebooted ? 'host' : 'process' }
  }
  record.known = { generation, generationOffered, processId, facts }
  if (admitted.copyId !== null) await link.store.forgetCopy(admitted.copyId)
  sayHowItCame(link, record, session, admitted, known.generationOffered, hello.generation)
  const verdicts = await link.events.reconcile(record.agentId, hello.inflight, hello.spooledResults)
  record.lossToReport = null
  restoreOutstanding(record, hello, verdicts.inflight)
  if (!session.isOpen) return
  record.channels = hello.channels
  record.running = {
    version: facts.agentVersion,
    arch: facts.arch,
    sinceMs: link.clock.nowMs(),
  }
  record.refusesWork = false
  record.hasNoRoom = false
  record.session = session
  link.log.info(
    { agentId: record.agentId, agent: record.name, peer: session.peer, epoch: opened.sessionEpoch },
    'agent says hello',
  )
  record.told = link.pace.now
  session.certificateRenewed(caller.certificate.untilMs)
  session.welcome(record, opened.sessionEpoch, {
    protocolVersion: version,
    ...record.told,
    generation: generationOffered,
    agentName: record.name,
    group: caller.agent.groupName,
    reconcile: [
      ...decisions(hello.inflight, verdicts.inflight),
      ...decisions(hello.spooledResults, verdicts.spooled),
    ],
  })
  heardFrom(link, record)
  if (record.duty !== 'working') session.handle({ kind: 'drain' })
}

function sayHowItCame(
  link: LinkContext,
  { agentId, name }: AgentRecord,
  { peer }: AdmittingSession,
  { rebooted, storeWentBack }: Admitted,
  generationKnown: number,
  generation: number,
): void {
  if (rebooted) {
    link.log.info({ agentId, agent: name }, 'the host was rebooted: what ran there is lost')
  }
  if (!storeWentBack) return
  const message = `agent ${name} remembers generation ${generation}, the store ${generationKnown}: the store was restored to an older state`
  link.log.warn({ agentId, agent: name, generation, generationKnown }, message)
  link.audit({ kind: 'store.wentBack', actor: 'control plane', agentId, peer, message })
}

function newcomer({ generation, processId, facts }: Hello): Newcomer {
  return { generation, processId, facts: facts as HostFacts }
}

function oldSession(record: AgentRecord): OldSession {
  return record.session?.isOpen === true ? 'notAsked' : 'none'
}

/** What the agent keeps is what holds its credit now. */
function restoreOutstanding(
  record: AgentRecord,
  hello: Hello,
  verdicts: readonly ReconcileVerdict[],
): void {
  record.releaseAll()
  for (const [index, work] of hello.inflight.entries()) {
    if (verdicts[index] !== 'KEEP') continue
    const ref = { workId: work.workId, attempt: work.attempt }
    record.outstanding.set(work.workId, {
      ref,
      takesChannel: work.takesChannel,
      answered: () => {},
    })
  }
}

function decisions(
  works: readonly { readonly workId: string; readonly attempt: number }[],
  verdicts: readonly ReconcileVerdict[],
): NonNullable<WelcomeInput['reconcile']> {
  if (works.length !== verdicts.length) {
    throw new Error(`reconcile answered ${verdicts.length} of ${works.length} entries`)
  }
  return works.map(({ workId, attempt }, index) => ({
    workId,
    attempt,
    verdict: verdicts[index] ?? 'VERDICT_UNSPECIFIED',
  }))
}

function agreedVersion(hello: Hello): number | null {
  const version = Math.min(PROTOCOL_VERSION, hello.protocolVersionMax)
  const lowest = Math.max(PROTOCOL_VERSION_MIN, hello.protocolVersionMin)
  return version >= lowest ? version : null
}

function helloProblem(hello: Hello): string | null {
  const works = hello.inflight.length + hello.spooledResults.length
  if (works > HELLO_WORK_MAX) return `hello lists ${works} works, at most ${HELLO_WORK_MAX} may be`
  if (hello.facts === null) return 'hello carries no facts of the host'
  if (hello.processId === '') return 'hello carries no process id'
  if (hello.channels < 1 || hello.channels > CHANNELS_MAX) {
    return `hello announces ${hello.channels} channels, 1 to ${CHANNELS_MAX} may be`
  }
  return null
}
