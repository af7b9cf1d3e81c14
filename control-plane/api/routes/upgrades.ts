import { Type } from 'typebox'

import { findUpgrade } from '../../store/upgrades/find-upgrade.ts'
import type { UpgradeAgentRow } from '../../store/upgrades/list-upgrade-agents.ts'
import { listUpgradeAgents } from '../../store/upgrades/list-upgrade-agents.ts'
import { listUpgrades } from '../../store/upgrades/list-upgrades.ts'
import type { UpgradeRow } from '../../store/upgrades/upgrade-row.ts'
import type { Bundle } from '../../upgrade/bundle-library.ts'
import { formatTimeWindow } from '../../upgrade/time-window.ts'
import type { TimeWindow } from '../../upgrade/time-window.ts'
import type { UpgradeAnswer } from '../../upgrade/upgrade-port.ts'
import { ApiError } from '../api-error.ts'
import type { Api, ApiContext } from '../context.ts'
import { PAGE_ITEMS_DEFAULT } from '../limits.ts'
import { optionalBody } from '../optional-body.ts'
import { answers, ListOf, NameParams } from '../shapes/building-blocks.ts'
import {
  AgentBundle,
  UpgradeDetail,
  UpgradeInput,
  UpgradeParams,
  UpgradeQuery,
  UpgradeResume,
  UpgradeSummary,
  type UpgradeTurn,
} from '../shapes/upgrade.ts'
import { requireAgent } from './agents.ts'
import { requireGroup } from './groups.ts'

const tags = ['upgrades']
const AgentParams = Type.Object({ agent: Type.String({ minLength: 1, maxLength: 128 }) })
const DRAIN_MS = 600_000
const SOAK_MS = 30_000
const HEALTH_MS = 120_000

/** New versions of agents: a group's one by one, or one agent's. */
export function upgradeRoutes(api: Api, context: ApiContext): void {
  startRoutes(api, context)
  readRoutes(api, context)
  decideRoutes(api, context)
}

function startRoutes(api: Api, context: ApiContext): void {
  api.post(
    '/groups/:name/upgrades',
    {
      schema: {
        tags,
        params: NameParams,
        body: UpgradeInput,
        response: answers(201, UpgradeDetail),
      },
      preValidation: optionalBody,
    },
    async ({ params, body, actor }, reply) => {
      const { id, name } = await requireGroup(context, params.name)
      const whom = { groupId: id, group: name, agentId: null }
      return reply.status(201).send(await start(context, whom, body, actor))
    },
  )
  api.post(
    '/agents/:agent/upgrade',
    {
      schema: {
        tags,
        params: AgentParams,
        body: UpgradeInput,
        response: answers(201, UpgradeDetail),
      },
      preValidation: optionalBody,
    },
    async ({ params, body, actor }, reply) => {
      const { id, groupId, groupName } = await requireAgent(context, params.agent)
      const whom = { groupId, group: groupName, agentId: id }
      return reply.status(201).send(await start(context, whom, body, actor))
    },
  )
}

function readRoutes(api: Api, context: ApiContext): void {
  const { db, upgrades } = context
  api.get(
    '/bundles',
    { schema: { tags, response: answers(200, ListOf(AgentBundle)) } },
    async () => {
      const bundles = await upgrades.bundles()
      return { items: bundles.map(bundleAnswer) }
    },
  )
  api.get(
    '/upgrades',
    { schema: { tags, querystring: UpgradeQuery, response: answers(200, ListOf(UpgradeSummary)) } },
    async ({ query }) => {
      const group = query.group === undefined ? null : await requireGroup(context, query.group)
      const limit = query.limit ?? PAGE_ITEMS_DEFAULT
      const rows = await listUpgrades(db, { groupId: group?.id ?? null, states: [], limit })
      return { items: rows.map(summary) }
    },
  )
  api.get(
    '/upgrades/:id',
    { schema: { tags, params: UpgradeParams, response: answers(200, UpgradeDetail) } },
    async ({ params }) => detail(context, params.id),
  )
}

function decideRoutes(api: Api, context: ApiContext): void {
  const { upgrades } = context
  api.post(
    '/upgrades/:id/resume',
    {
      schema: {
        tags,
        params: UpgradeParams,
        body: UpgradeResume,
        response: answers(200, UpgradeDetail),
      },
    },
    async ({ params, body, actor }) =>
      detail(context, idOf(await upgrades.resume(params.id, body.failed, actor))),
  )
  api.post(
    '/upgrades/:id/cancel',
    { schema: { tags, params: UpgradeParams, response: answers(200, UpgradeDetail) } },
    async ({ params, actor }) => detail(context, idOf(await upgrades.cancel(params.id, actor))),
  )
}

async function start(
  context: ApiContext,
  whom: { readonly groupId: number; readonly group: string; readonly agentId: string | null },
  input: UpgradeInput,
  actor: string,
): Promise<UpgradeDetail> {
  const answer = await context.upgrades.start({
    ...whom,
    version: input.version ?? null,
    window: input.window ?? null,
    drainMs: input.drainMs ?? DRAIN_MS,
    soakMs: input.soakMs ?? SOAK_MS,
    healthMs: input.healthMs ?? HEALTH_MS,
    allowDowngrade: input.allowDowngrade ?? false,
    actor,
  })
  return detail(context, idOf(answer))
}

/** @throws ApiError as the upgrades refuse */
function idOf(answer: UpgradeAnswer): number {
  if (answer.ok) return answer.id
  throw new ApiError(answer.code, answer.message)
}

/** @throws ApiError UPGRADE_NOT_FOUND */
async function detail({ db }: ApiContext, id: number): Promise<UpgradeDetail> {
  const row = await findUpgrade(db, id)
  if (row === null) {
    throw new ApiError('UPGRADE_NOT_FOUND', `there is no upgrade ${id}`, { where: `upgrade ${id}` })
  }
  const agents = await listUpgradeAgents(db, id)
  return {
    ...summary(row),
    agents: agents.map(turnAnswer),
  }
}

function summary(row: UpgradeRow): UpgradeSummary {
  const window = row.window as TimeWindow | null
  return {
    id: row.id,
    group: row.group,
    version: row.version,
    state: row.state as UpgradeSummary['state'],
    window: window === null ? null : formatTimeWindow(window),
    drainMs: row.drainMs,
    soakMs: row.soakMs,
    healthMs: row.healthMs,
    message: row.message,
    createdBy: row.createdBy,
    createdAtMs: row.createdAtMs,
    finishedAtMs: row.finishedAtMs,
  }
}

function turnAnswer(row: UpgradeAgentRow): UpgradeTurn {
  const { agent, turn, fromVersion, message, changedAtMs } = row
  const state = row.state as UpgradeTurn['state']
  const phase = row.phase as UpgradeTurn['phase']
  return { agent, turn, state, phase, fromVersion, message, changedAtMs }
}

/** Where it lies is nobody's business. */
function bundleAnswer({ version, os, arch, bytes, sha256, builtAt }: Bundle): AgentBundle {
  return { version, os, arch, bytes, sha256, builtAt }
}
