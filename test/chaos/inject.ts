/** Carries faults out on a local system. */
import { setTimeout as sleep } from 'node:timers/promises'

import type { LocalProcess } from '../../dev/local-system/local-process.ts'
import type { LocalSystem } from '../../dev/local-system/start-local-system.ts'
import type { Fault, PlannedFault } from './fault-plan.ts'

const PHASE_POLL_MS = 40
/** A phase that a run never reaches, or has passed, does not keep the injection waiting. */
const PHASE_WAIT_MAX_MS = 30_000

/** Resolves when every fault is over and every process runs again. */
export async function injectFaults(
  system: LocalSystem,
  runId: number,
  faults: readonly PlannedFault[],
  isOver: () => boolean,
): Promise<void> {
  const busy = new Set<LocalProcess>()
  await Promise.all(
    faults.map(async ({ at, fault }) => {
      if ('phase' in at) await phaseReached(system, runId, at.phase, isOver)
      else await sleep(at.afterMs)
      await carryOut(system, fault, busy)
    }),
  )
}

async function phaseReached(
  system: LocalSystem,
  runId: number,
  phase: string,
  isOver: () => boolean,
): Promise<void> {
  const deadline = performance.now() + PHASE_WAIT_MAX_MS
  while (!isOver() && performance.now() < deadline) {
    const progress = await system.client.runProgress(runId).catch(() => null)
    if (progress !== null && (progress.state === phase || progress.phase === phase)) return
    await sleep(PHASE_POLL_MS)
  }
}

async function carryOut(system: LocalSystem, fault: Fault, busy: Set<LocalProcess>): Promise<void> {
  if (fault.kind === 'http') return armHttpFault(system, fault.request)
  const victim = processOf(system, fault)
  // One fault a process at a time: a paused process cannot be stopped in an orderly way.
  if (victim === null || busy.has(victim) || !victim.isRunning) return
  busy.add(victim)
  try {
    if (fault.kind === 'pause') {
      victim.pause()
      await sleep(fault.downMs)
      victim.resume()
      return
    }
    await (fault.kind === 'kill' ? victim.kill() : victim.stop())
    await sleep(fault.downMs)
    await startAgain(victim)
  } finally {
    busy.delete(victim)
  }
}

/** What a service manager does: once more when the start met another fault. */
async function startAgain(victim: LocalProcess): Promise<void> {
  for (let tries = 1; ; tries++) {
    victim.start()
    try {
      await victim.ready()
      return
    } catch (error) {
      if (tries === 5) throw error
      await victim.kill()
      await sleep(500)
    }
  }
}

function processOf(
  system: LocalSystem,
  fault: Exclude<Fault, { kind: 'http' }>,
): LocalProcess | null {
  switch (fault.victim) {
    case 'agent':
      return system.agents[fault.agent]?.process ?? null
    case 'controlPlane':
      return system.controlPlane.process
    case 'endpoint':
      return system.endpoint.process
    case 'kafka':
      return system.kafka.process
  }
}

async function armHttpFault(system: LocalSystem, request: object): Promise<void> {
  const url = `${system.endpoint.tunnelUrl}/__faults`
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify(request)
  // The endpoint may be down by another fault at this moment: then there is nothing to arm.
  const answer = await fetch(url, { method: 'POST', headers, body }).catch(() => null)
  if (answer !== null && !answer.ok) {
    throw new Error(`the endpoint refused the fault ${body}: ${await answer.text()}`)
  }
}
