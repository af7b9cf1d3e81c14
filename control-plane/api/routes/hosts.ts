/** Questions to a host through its agent, and the installer as one file to carry to a host. */
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'

import { Type } from 'typebox'

import type { DiagnoseResult } from '../../../proto/gen/sluice/agent/v1/DiagnoseResult.ts'
import type { DiagnoseSpecInput } from '../../../proto/gen/sluice/agent/v1/DiagnoseSpec.ts'
import type { HostCheck } from '../../../proto/gen/sluice/agent/v1/HostCheck.ts'
import { NoBundleError } from '../../install/bundles.ts'
import type { SelfExtracting } from '../../install/installer.ts'
import { ApiError } from '../api-error.ts'
import type { Api, ApiContext } from '../context.ts'
import { answers } from '../shapes/building-blocks.ts'
import {
  DoctorAnswer,
  FetchedLog,
  type HostCheckShape,
  InstallerParams,
  LogFetchInput,
} from '../shapes/host.ts'
import { AgentParams, requireAgent } from './agents.ts'

/** A stream: nothing of it is checked or serialised. */
const InstallerFile = Type.Unsafe<Readable>(
  Type.String({ description: 'A shell script with the bundle behind it.' }),
)

/** The doctor waits for name servers and connections that do not answer. */
const ANSWER_MS_MAX = 45_000

export function hostRoutes(api: Api, context: ApiContext): void {
  api.get(
    '/agents/:agent/doctor',
    { schema: { tags: ['agents'], params: AgentParams, response: answers(200, DoctorAnswer) } },
    async ({ params }) => {
      const { checks } = await ask(context, params.agent, { what: 'DOCTOR' })
      return { checks: checks.map(checkAnswer) }
    },
  )
  api.post(
    '/agents/:agent/logs/fetch',
    {
      schema: {
        tags: ['agents'],
        description: "The newest lines of the agent's own log, from its host.",
        params: AgentParams,
        body: LogFetchInput,
        response: answers(200, FetchedLog),
      },
    },
    async ({ params, body }) => {
      const spec: DiagnoseSpecInput = { what: 'LOGS', linesMax: body.lines ?? 0 }
      const { lines } = await ask(context, params.agent, spec)
      return { lines }
    },
  )
  api.get(
    '/installers/:arch',
    {
      schema: {
        tags: ['agents'],
        description: 'The installer and its bundle as one file, for hosts without the web port.',
        params: InstallerParams,
        response: answers(200, InstallerFile),
      },
    },
    async ({ params }, reply) => {
      const { fileName, script, bundlePath, bytes } = await selfExtracting(context, params.arch)
      const body = Readable.from(
        (async function* parts() {
          yield script
          yield* createReadStream(bundlePath)
        })(),
        { objectMode: false },
      )
      return reply
        .header('content-type', 'application/octet-stream')
        .header('content-length', bytes)
        .header('content-disposition', `attachment; filename="${fileName}"`)
        .send(body)
    },
  )
}

async function ask(
  context: ApiContext,
  nameOrId: string,
  diagnose: DiagnoseSpecInput,
): Promise<DiagnoseResult> {
  const { id, name } = await requireAgent(context, nameOrId)
  const answer = await context.hosts.ask(id, { diagnose }, ANSWER_MS_MAX)
  if (answer.kind === 'diagnose') return answer.diagnose
  const why = answer.kind === 'failed' ? answer.message : 'it answered another question'
  throw new ApiError('STATE_CONFLICT', `agent ${name} did not say: ${why}`, { where: name })
}

async function selfExtracting(context: ApiContext, arch: 'x64' | 'arm64'): Promise<SelfExtracting> {
  try {
    return await context.hosts.installer.selfExtracting(arch)
  } catch (cause) {
    if (!(cause instanceof NoBundleError)) throw cause
    throw new ApiError('BUNDLE_NOT_FOUND', cause.message, { where: arch, cause })
  }
}

const OUTCOMES = {
  OK: 'ok',
  WARNING: 'warn',
  FAILED: 'fail',
  SKIPPED: 'skip',
  OUTCOME_UNSPECIFIED: 'skip',
} as const

function checkAnswer({ name, outcome, detail, advice }: HostCheck): HostCheckShape {
  return { name, outcome: OUTCOMES[outcome], detail, advice }
}
