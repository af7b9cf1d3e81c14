import { usableUuid } from '../../lib/host-uuid.ts'
import { isSameUuid } from '../../lib/typed-uuid.ts'
import type { HostFacts } from '../../proto/gen/sluice/agent/v1/HostFacts.ts'

/** What the user typed when he registered the host, and the token carries: `enrol_tokens.expected`. */
export interface ExpectedHost {
  readonly name?: string
  readonly uuid?: string
  readonly ip?: string
  readonly cpuCount?: number
  readonly memoryBytes?: number
}

export interface HostComparison {
  /** Another host than was registered; null: the right one. */
  readonly refusal: string | null
  /** The right one, but otherwise than was typed. */
  readonly notices: readonly string[]
}

/** Firmware and kernel keep some of the memory for themselves. */
const MEMORY_TOLERANCE = 0.15
const GIB = 1024 ** 3

/** UUID and address say which host it is; CPU and memory only what is worth a notice. */
export function compareHost(expected: ExpectedHost, facts: HostFacts): HostComparison {
  const problems = [uuidProblem(expected.uuid, facts), ipProblem(expected.ip, facts)]
  const notices = [cpuNotice(expected.cpuCount, facts), memoryNotice(expected.memoryBytes, facts)]
  const refusal = problems.filter((problem) => problem !== null).join('; ')
  return {
    refusal: refusal === '' ? null : refusal,
    notices: notices.filter((notice) => notice !== null),
  }
}

function uuidProblem(expected: string | undefined, facts: HostFacts): string | null {
  if (expected === undefined || expected === '') return null
  const reported = usableUuid(facts.dmiUuid)
  if (reported !== '' && isSameUuid(reported, expected)) return null
  return `registered was the host with UUID ${expected}, but this one reports ${reported === '' ? 'none' : reported}`
}

function ipProblem(expected: string | undefined, facts: HostFacts): string | null {
  if (expected === undefined || expected === '') return null
  if (facts.ips.some((ip) => ip.toLowerCase() === expected.toLowerCase())) return null
  const reported = facts.ips.length === 0 ? 'none' : facts.ips.join(', ')
  return `registered was the host with address ${expected}, but this one reports ${reported}`
}

function cpuNotice(expected: number | undefined, { cpuCount }: HostFacts): string | null {
  if (expected === undefined || expected === cpuCount) return null
  return `registered with ${expected} CPU cores, reports ${cpuCount}`
}

function memoryNotice(expected: number | undefined, { memoryBytes }: HostFacts): string | null {
  if (expected === undefined) return null
  if (Math.abs(expected - memoryBytes) <= expected * MEMORY_TOLERANCE) return null
  const gib = (bytes: number): string => `${(bytes / GIB).toFixed(1)} GiB`
  return `registered with ${gib(expected)} of memory, reports ${gib(memoryBytes)}`
}
