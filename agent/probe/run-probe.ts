/** The test work: can this agent reach and use a data source? Reads only. */
import type { TestResultInput } from '../../proto/gen/sluice/agent/v1/TestResult.ts'
import type { TestSpec } from '../../proto/gen/sluice/agent/v1/TestSpec.ts'
import { diagnose } from './diagnosis.ts'
import { KafkaProbe } from './kafka-probe.ts'
import { MaxComputeProbe } from './maxcompute-probe.ts'
import { ProbeError } from './probe-error.ts'
import { runStages, type Stage } from './stages.ts'

/** Of the whole test, where the control plane names none. */
const TIMEOUT_MS = 45_000
const TIMEOUT_MS_MAX = 120_000

interface Test {
  readonly stages: readonly Stage[]
  close(): void
}

/** Every failure of the data source is in the result. Throws what is a bug, or the caller's abort. */
export async function runProbe(
  spec: TestSpec,
  { signal }: { readonly signal: AbortSignal },
): Promise<TestResultInput> {
  let test: Test
  try {
    test = open(spec)
  } catch (error) {
    const diagnosis = diagnose(error)
    if (diagnosis === null) throw error
    const { verdict, cause, advice } = diagnosis
    return { verdict, message: `${cause}: ${advice}`, stages: [] }
  }
  try {
    const timeoutMs = Math.min(spec.timeoutMs || TIMEOUT_MS, TIMEOUT_MS_MAX)
    return await runStages(test.stages, { timeoutMs, signal, secrets: secretsOf(spec) })
  } finally {
    test.close()
  }
}

function open(spec: TestSpec): Test {
  if (spec.kafka) return new KafkaProbe(spec.kafka, spec.topic)
  if (spec.maxcompute) return new MaxComputeProbe(spec.maxcompute, spec)
  throw new ProbeError('UNSUPPORTED', 'this agent does not know that kind of data source')
}

function secretsOf({ kafka, maxcompute }: TestSpec): string[] {
  const { saslPassword = '', keyPassword = '', keyPem = '' } = kafka ?? {}
  const { accessKey = '', securityToken = '' } = maxcompute ?? {}
  return [saslPassword, keyPassword, keyPem, accessKey, securityToken]
}
