/** Which faults hit a run, when: all of it follows from the seed. Pure. */

export type Victim = 'agent' | 'controlPlane' | 'endpoint' | 'kafka'

export type Fault =
  /** kill -9, and started again after `downMs`. */
  | {
      readonly kind: 'kill'
      readonly victim: Victim
      readonly agent: number
      readonly downMs: number
    }
  /** An orderly stop, and started again after `downMs`. */
  | {
      readonly kind: 'stop'
      readonly victim: Victim
      readonly agent: number
      readonly downMs: number
    }
  /** SIGSTOP for longer than a lease, then SIGCONT. */
  | {
      readonly kind: 'pause'
      readonly victim: Victim
      readonly agent: number
      readonly downMs: number
    }
  /** The endpoint does something nasty to the next requests of a kind. */
  | { readonly kind: 'http'; readonly request: object; readonly text: string }

export interface PlannedFault {
  readonly fault: Fault
  /** After the start of the run; or as soon as the run is in this phase. */
  readonly at: { readonly afterMs: number } | { readonly phase: string }
}

export interface FaultPlanOptions {
  readonly agents: number
  readonly leaseMs: number
  /** About how long an undisturbed run takes. */
  readonly runMs: number
}

const PHASES = ['planning', 'opening', 'verifying', 'committing']

export function planFaults(random: () => number, options: FaultPlanOptions): PlannedFault[] {
  const count = 2 + Math.floor(random() * 4)
  const faults: PlannedFault[] = []
  // A lost reply to a commit is what doubles rows elsewhere: most runs have it.
  if (random() < 0.6) faults.push({ at: { afterMs: 0 }, fault: commitFault(random) })
  for (let i = 0; i < count; i++) {
    const at =
      random() < 0.3
        ? { phase: PHASES[Math.floor(random() * PHASES.length)]! }
        : { afterMs: Math.floor(random() * options.runMs) }
    faults.push({ at, fault: anyFault(random, options) })
  }
  return faults
}

export function describeFault({ at, fault }: PlannedFault): string {
  const when = 'phase' in at ? `when ${at.phase}` : `at ${(at.afterMs / 1000).toFixed(1)} s`
  if (fault.kind === 'http') return `${fault.text} ${when}`
  const victim = fault.victim === 'agent' ? `agent ${fault.agent + 1}` : fault.victim
  return `${fault.kind} ${victim} ${when} for ${(fault.downMs / 1000).toFixed(1)} s`
}

function anyFault(random: () => number, options: FaultPlanOptions): Fault {
  const agent = Math.floor(random() * options.agents)
  const downMs = Math.floor(100 + random() * 2_500)
  const longerThanLease = Math.floor(options.leaseMs * (1.3 + random() * 0.7))
  const draw = random()
  if (draw < 0.2) return { kind: 'kill', victim: 'agent', agent, downMs }
  if (draw < 0.32) return { kind: 'pause', victim: 'agent', agent, downMs: longerThanLease }
  if (draw < 0.38) return { kind: 'stop', victim: 'agent', agent, downMs }
  if (draw < 0.55) return { kind: 'kill', victim: 'controlPlane', agent, downMs }
  if (draw < 0.61) return { kind: 'pause', victim: 'controlPlane', agent, downMs: longerThanLease }
  if (draw < 0.75) return { kind: 'kill', victim: 'endpoint', agent, downMs }
  if (draw < 0.8) return { kind: 'pause', victim: 'endpoint', agent, downMs }
  if (draw < 0.9) return { kind: random() < 0.5 ? 'kill' : 'stop', victim: 'kafka', agent, downMs }
  return httpFault(random)
}

function commitFault(random: () => number): Fault {
  const times = 1 + Math.floor(random() * 2)
  const kind = random() < 0.75 ? 'dropAfterCommit' : 'dropBeforeCommit'
  return { kind: 'http', request: { kind, times }, text: `${kind} x${times}` }
}

function httpFault(random: () => number): Fault {
  const times = 1 + Math.floor(random() * 3)
  if (random() < 0.6) {
    const bytes = Math.floor(random() * 200_000)
    const request = { kind: 'cutBody', bytes, times }
    return { kind: 'http', request, text: `uploads cut after ${bytes} bytes x${times}` }
  }
  const status = [429, 500, 503][Math.floor(random() * 3)]!
  const route = ['create', 'put', 'complete', 'get'][Math.floor(random() * 4)]!
  const request = { kind: 'status', status, route, times }
  return { kind: 'http', request, text: `${status} on ${route} x${times}` }
}
