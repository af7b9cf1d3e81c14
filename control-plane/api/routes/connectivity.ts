import type { TestRun, TestTarget } from '../../connectivity/tester.ts'
import { DEFAULT_GROUP } from '../../run/runs.ts'
import type { AgentRow } from '../../store/agents/agent-row.ts'
import { listAgents } from '../../store/agents/list-agents.ts'
import type { ConnectivityTestRow } from '../../store/connectivity-tests/connectivity-test-row.ts'
import { listGroupDatasources } from '../../store/connectivity-tests/list-group-datasources.ts'
import { listLatestConnectivityTests } from '../../store/connectivity-tests/list-latest-connectivity-tests.ts'
import { pageConnectivityTests } from '../../store/connectivity-tests/page-connectivity-tests.ts'
import { findDatasource } from '../../store/datasources/find-datasource.ts'
import { ApiError } from '../api-error.ts'
import type { Api, ApiContext } from '../context.ts'
import {
  CONNECTIVITY_AGENTS_MAX,
  CONNECTIVITY_SESSIONS_MAX,
  CONNECTIVITY_WAIT_MS,
  PAGE_ITEMS_DEFAULT,
} from '../limits.ts'
import { answers, ListOf } from '../shapes/building-blocks.ts'
import {
  ConnectivityFilterQuery,
  ConnectivityHistory,
  ConnectivityHistoryQuery,
  ConnectivityResult,
  ConnectivityTestAnswer,
  ConnectivityTestInput,
} from '../shapes/connectivity.ts'
import { DatasourceParams } from '../shapes/datasource.ts'
import { requireAgent } from './agents.ts'
import { datasourceNotFound } from './datasources.ts'
import { requireGroup } from './groups.ts'

const tags = ['connectivity']
/** Agents that are asked nothing, because they are not there. */
const AWAY: ReadonlySet<string> = new Set(['revoked'])

export function connectivityRoutes(api: Api, context: ApiContext): void {
  const { db } = context
  api.post(
    '/datasources/:name/test',
    {
      schema: {
        tags,
        description:
          'Has agents test the data source, and answers when all are done, or after a minute.',
        params: DatasourceParams,
        body: ConnectivityTestInput,
        response: answers(200, ListOf(ConnectivityTestAnswer)),
      },
    },
    async ({ params, body }) => ({ items: await testDatasource(context, params.name, body) }),
  )
  api.get(
    '/connectivity',
    {
      schema: {
        tags,
        description: 'The newest result of each agent and data source.',
        querystring: ConnectivityFilterQuery,
        response: answers(200, ListOf(ConnectivityResult)),
      },
    },
    async ({ query }) => {
      if (query.group !== undefined) await requireGroup(context, query.group)
      const filter = {
        groupName: query.group ?? null,
        agentIds: null,
        datasourceName: query.datasource ?? null,
      }
      return { items: (await listLatestConnectivityTests(db, filter)).map(resultAnswer) }
    },
  )
  api.get(
    '/connectivity/history',
    {
      schema: {
        tags,
        querystring: ConnectivityHistoryQuery,
        response: answers(200, ConnectivityHistory),
      },
    },
    async ({ query }) => {
      const limit = query.limit ?? PAGE_ITEMS_DEFAULT
      const { id: agentId } = await requireAgent(context, query.agent)
      const beforeId = query.before ?? null
      const page = { agentId, datasourceName: query.datasource, beforeId, limit: limit + 1 }
      const rows = await pageConnectivityTests(db, page)
      const items = rows.slice(0, limit).map(resultAnswer)
      return { items, nextBefore: rows.length > limit ? (items.at(-1)?.id ?? null) : null }
    },
  )
}

async function testDatasource(
  context: ApiContext,
  name: string,
  input: ConnectivityTestInput,
): Promise<ConnectivityTestAnswer[]> {
  if ((await findDatasource(context.db, name)) === null) throw datasourceNotFound(name)
  const agents = (await chosenAgents(context, name, input)).filter(({ state }) => !AWAY.has(state))
  const opensSessions = input.table !== undefined
  const agentsMax = opensSessions ? CONNECTIVITY_SESSIONS_MAX : CONNECTIVITY_AGENTS_MAX
  if (agents.length > agentsMax) {
    const what = opensSessions ? 'one test of a table, which opens upload sessions' : 'one test'
    const message = `${agents.length} agents are too many for ${what} (at most ${agentsMax}): name an agent`
    throw new ApiError('INVALID_REQUEST', message, { where: name })
  }
  const { topic = '', table = '', partition = '' } = input
  const over = Promise.withResolvers<null>()
  const timer = setTimeout(() => over.resolve(null), CONNECTIVITY_WAIT_MS)
  try {
    const test = (agent: AgentRow): Promise<ConnectivityTestAnswer> =>
      testOne(context, agent, name, { topic, table, partition }, over.promise)
    return await Promise.all(agents.map(test))
  } finally {
    clearTimeout(timer)
  }
}

async function testOne(
  { agents, connectivity }: ApiContext,
  agent: AgentRow,
  datasource: string,
  target: TestTarget,
  over: Promise<null>,
): Promise<ConnectivityTestAnswer> {
  const isReady = agents.readyAgents().some(({ agentId }) => agentId === agent.id)
  if (!isReady) {
    return untested(agent, `the agent is ${agent.state}: start it, then test again`)
  }
  const run = await Promise.race([connectivity.demand(agent.id, datasource, target), over])
  if (run === null) {
    const seconds = CONNECTIVITY_WAIT_MS / 1_000
    return untested(agent, `no answer within ${seconds} s; a late one is in the history`)
  }
  return demandAnswer(agent, run)
}

function demandAnswer(agent: AgentRow, run: TestRun): ConnectivityTestAnswer {
  const { outcome, startedAtMs, finishedAtMs } = run
  if (outcome.kind === 'untested') return untested(agent, outcome.message)
  const { verdict, message, stages } = outcome
  return {
    agent: agent.name,
    group: agent.groupName,
    verdict,
    message,
    failedStage: failedStage(stages),
    stages: [...stages],
    milliseconds: finishedAtMs - startedAtMs,
  }
}

function untested({ name, groupName }: AgentRow, message: string): ConnectivityTestAnswer {
  const nothing = { verdict: null, failedStage: null, stages: [], milliseconds: 0 }
  return { agent: name, group: groupName, message, ...nothing }
}

/** @throws ApiError AGENT_NOT_FOUND, GROUP_NOT_FOUND */
async function chosenAgents(
  context: ApiContext,
  datasource: string,
  { group, agent }: ConnectivityTestInput,
): Promise<AgentRow[]> {
  const { db } = context
  if (agent !== undefined) {
    const found = await requireAgent(context, agent)
    if (group === undefined || found.groupName === group) return [found]
    const message = `agent ${found.name} is in resource group ${found.groupName}, not in ${group}`
    throw new ApiError('INVALID_REQUEST', message, { where: agent })
  }
  if (group !== undefined) return listAgents(db, (await requireGroup(context, group)).id)
  const named = await listGroupDatasources(db, DEFAULT_GROUP)
  const groupIds = named
    .filter(({ datasourceName }) => datasourceName === datasource)
    .map(({ groupId }) => groupId)
  const chosen = groupIds.length > 0 ? groupIds : [(await requireGroup(context, DEFAULT_GROUP)).id]
  return (await Promise.all(chosen.map((groupId) => listAgents(db, groupId)))).flat()
}

function resultAnswer(row: ConnectivityTestRow): ConnectivityResult {
  return {
    id: row.id,
    agent: row.agentName,
    group: row.groupName,
    datasource: row.datasourceName,
    datasourceVersion: row.datasourceVersion,
    reason: row.reason,
    verdict: row.verdict,
    message: row.message,
    failedStage: failedStage(row.stages),
    stages: [...row.stages],
    milliseconds: row.finishedAtMs - row.startedAtMs,
    testedAtMs: row.finishedAtMs,
    stale: row.isOfOldVersion || row.isOfOldAddress,
  }
}

function failedStage(
  stages: readonly { readonly name: string; readonly outcome: string }[],
): string | null {
  return stages.find(({ outcome }) => outcome === 'failed')?.name ?? null
}
