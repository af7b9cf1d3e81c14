/** What an agent's answer to a test means. Pure. */
import type { TestResult } from '../../proto/gen/sluice/agent/v1/TestResult.ts'
import type { AgentAnswer } from '../run/agent-requests.ts'
import type {
  ConnectivityStage,
  ConnectivityVerdict,
} from '../store/connectivity-tests/connectivity-test-row.ts'

export type TestOutcome =
  | {
      readonly kind: 'tested'
      readonly verdict: ConnectivityVerdict
      /** Cause and what to do; empty when connectable. */
      readonly message: string
      readonly stages: readonly ConnectivityStage[]
    }
  /** Nobody knows more than before: nothing is kept of it. */
  | { readonly kind: 'untested'; readonly message: string }

const VERDICTS: Readonly<Record<string, ConnectivityVerdict>> = {
  CONNECTABLE: 'Connectable',
  CONFIG_ERROR: 'ConfigError',
  UNREACHABLE: 'Unreachable',
  UNSUPPORTED: 'Unsupported',
}
const OUTCOMES: Readonly<Record<string, ConnectivityStage['outcome']>> = {
  PASSED: 'passed',
  FAILED: 'failed',
  SKIPPED: 'skipped',
}

export function testOutcome(answer: AgentAnswer): TestOutcome {
  if (answer.kind === 'test') return ofResult(answer.test)
  if (answer.kind !== 'failed') {
    return { kind: 'untested', message: 'the agent answered another question' }
  }
  if (!answer.isUnknownKind) return { kind: 'untested', message: answer.message }
  const message = "the agent's version has no connectivity test: upgrade it"
  return { kind: 'tested', verdict: 'Unsupported', message, stages: [] }
}

function ofResult({ verdict, message, stages }: TestResult): TestOutcome {
  const word = VERDICTS[verdict]
  if (word === undefined) {
    return { kind: 'untested', message: 'the agent answered with a verdict that is not known here' }
  }
  const shown = stages.map((stage) => ({
    name: stage.name,
    outcome: OUTCOMES[stage.outcome] ?? 'skipped',
    milliseconds: stage.milliseconds,
    detail: stage.detail,
    advice: stage.advice,
  }))
  return { kind: 'tested', verdict: word, message, stages: shown }
}

/**
 * Whether such a result keeps runs from the agent. ConfigError does not: the run fails by name instead
 * of waiting for ever. Unsupported without a stage is of an agent that cannot test, not of one that tried.
 */
export function closesGate(verdict: ConnectivityVerdict, stageCount: number): boolean {
  return verdict === 'Unreachable' || (verdict === 'Unsupported' && stageCount > 0)
}
