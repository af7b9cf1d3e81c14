import { Argument, type Command, Option } from 'commander'

import { PAGE_ITEMS_MAX } from '../../control-plane/api/limits.ts'
import { RUN_STATES } from '../../control-plane/api/shapes/run-state.ts'
import type { RunDetail, RunSummary } from '../../control-plane/api/shapes/run.ts'
import { formatCycTime } from '../cyc-time.ts'
import { EXIT } from '../exit-codes.ts'
import { formatAge, formatBytes, formatClock, formatCount, formatTime } from '../format.ts'
import {
  type ListOutput,
  type ListView,
  printList,
  printShow,
  type ShowOutput,
  withListOutput,
  withShowOutput,
} from '../output.ts'
import { wholeNumber } from '../read-input.ts'
import { runId } from '../run-id.ts'
import type { Act } from '../session.ts'
import { followRun } from './follow-run.ts'
import { allLogLines, LOG_AFTER_HELP, logLine } from './log-lines.ts'
import { errorLines, errorSummary } from './run-error.ts'
import { dirtyCommand, slicesCommand } from './run-records.ts'

const view: ListView<RunSummary> = {
  columns: [
    { title: 'ID', value: (run) => String(run.id), align: 'right' },
    { title: 'JOB', value: (run) => run.job },
    { title: 'GROUP', value: (run) => run.group },
    {
      title: 'STATE',
      value: (run) => (run.phase === '' ? run.state : `${run.state}/${run.phase}`),
    },
    { title: 'ROWS', value: (run) => formatCount(run.rows), align: 'right' },
    { title: 'READ', value: (run) => formatBytes(run.bytesRead), align: 'right' },
    {
      title: 'DIRTY',
      value: (run) => (hasNoFigures(run) ? '-' : formatCount(run.dirtyRecords)),
      align: 'right',
    },
    { title: 'TOOK', value: took, align: 'right' },
    { title: 'AGE', value: (run) => formatAge(Date.now() - run.createdAtMs) },
    { title: 'ERROR', value: (run) => errorSummary(run.error) },
  ],
  name: (run) => String(run.id),
  empty: 'There are no such runs.',
}

export function runCommands(program: Command, act: Act): void {
  const run = program.command('run').description('executions of jobs')
  listCommand(run, act)
  withShowOutput(run.command('show <id>').description('one run: state, plan, error')).action(
    act(async (session, id: string, how: ShowOutput) => {
      const found = await session.client.showRun(runId(id))
      const { waitingFor } = await session.client.runProgress(found.id)
      const answer = { ...found, waitingFor }
      const { timeZone } = await session.client.info()
      printShow(session, how, answer, String(found.id), runFields(answer, timeZone))
    }),
  )
  explainCommand(run, act)
  run
    .command('watch <id>')
    .description('stay until the run is over; the exit code tells how it ended')
    .option('--logs', 'its log lines too')
    .action(
      act(async (session, id: string, how: { logs?: boolean }) =>
        followRun(session, runId(id), { logs: how.logs === true }),
      ),
    )
  logsCommand(run, act)
  slicesCommand(run, act)
  dirtyCommand(run, act)
  decideCommands(run, act)
}

/** `sluice run explain 12`: why it waits, or what holds it back; the reason that matters most first. */
function explainCommand(run: Command, act: Act): void {
  withShowOutput(
    run.command('explain <id>').description('why the run waits, or what holds it back'),
  ).action(
    act(async (session, id: string, how: ShowOutput) => {
      const explained = await session.client.explainRun(runId(id))
      const lines = explained.reasons.map(({ title, detail, fix }, i): [string, string] => {
        const advice = fix === '' ? '' : `\n-> ${fix}`
        return [`${i + 1}. ${title}`, `${detail}${advice}`]
      })
      printShow(session, how, explained, String(explained.runId), [
        ['Run', `${explained.runId}, ${explained.state}`],
        ...lines,
      ])
    }),
  )
}

function listCommand(run: Command, act: Act): void {
  withListOutput(
    run
      .command('list')
      .description('the latest runs')
      .option('--job <name>', 'of this job only')
      .option('--group <name>', 'of this group only')
      .addOption(new Option('--state <state>', 'in this state only').choices(RUN_STATES))
      .option('--limit <count>', 'at most so many', wholeNumber(1, PAGE_ITEMS_MAX), 20),
  ).action(
    act(
      async (
        session,
        how: ListOutput & { job?: string; group?: string; state?: string; limit: number },
      ) => {
        const { job, group, state, limit } = how
        const page = await session.client.listRuns({ job, group, state, limit })
        printList(session, view, page.items, how)
        if (page.nextBefore !== null && how.output === 'table') {
          const more = limit < PAGE_ITEMS_MAX ? `, --limit shows up to ${PAGE_ITEMS_MAX}` : ''
          session.err(`There are earlier runs: --job, --group and --state choose${more}.`)
        }
      },
    ),
  )
}

function logsCommand(run: Command, act: Act): void {
  run
    .command('logs <id>')
    .description("the run's log, of all agents")
    .option('-f, --follow', 'stay until the run is over')
    .option('--after <line>', LOG_AFTER_HELP, wholeNumber(0, Number.MAX_SAFE_INTEGER), 0)
    .action(
      act(async (session, id: string, how: { follow?: boolean; after: number }) => {
        if (how.follow === true) {
          return followRun(session, runId(id), { logs: true, quiet: true })
        }
        const fetchPage = (after: number) => session.client.runLogs(runId(id), after)
        for await (const line of allLogLines(fetchPage, how.after)) session.out(logLine(line))
        return EXIT.ok
      }),
    )
}

function decideCommands(run: Command, act: Act): void {
  run
    .command('kill <id>')
    .description('stop the run; nothing of it becomes visible unless it is committing already')
    .action(
      act(async (session, id: string) => {
        await session.client.killRun(runId(id))
        session.err(`Run ${id} is being stopped.`)
      }),
    )
  run
    .command('resolve <id>')
    .description('say what became of a held run, after a look at the target table')
    .addArgument(new Argument('<outcome>').choices(['committed', 'not-committed']))
    .action(
      act(async (session, id: string, outcome: string) => {
        const decided = outcome === 'committed' ? 'committed' : 'notCommitted'
        await session.client.resolveRun(runId(id), decided)
        session.err(`Run ${id} is resolved as ${outcome}.`)
      }),
    )
}

function runFields(
  run: RunDetail & { readonly waitingFor: string | null },
  timeZone: string,
): [string, string | null][] {
  return [
    ['Run', String(run.id)],
    ['Job', `${run.job}, version ${run.jobVersion}`],
    ['Group', run.group],
    ['Priority', String(run.priority)],
    ['Owner', run.owner === '' ? null : run.owner],
    ['State', run.phase === '' ? run.state : `${run.state} (${run.phase})`],
    ['Step', run.step === '' ? null : run.step],
    ['Waiting', run.waitingFor],
    ['Planned time', formatCycTime(run.cycTimeMs, timeZone)],
    ['Parameters', compact(run.params)],
    ['Rows', formatCount(run.rows)],
    ['Read', formatBytes(run.bytesRead)],
    // Of staged slices: a run that failed for its dirty records would say 0 here.
    ['Dirty records', hasNoFigures(run) ? null : formatCount(run.dirtyRecords)],
    ['Upload session', run.uploadId],
    ['Created', formatTime(run.createdAtMs)],
    ['Started', run.startedAtMs === null ? null : formatTime(run.startedAtMs)],
    ['Took', took(run) === '-' ? null : took(run)],
    ['Plan', planText(run.plan)],
    ['Error', run.error === null ? null : errorLines(run.error).join('\n')],
    ['Evidence', run.evidence === null ? null : JSON.stringify(run.evidence, null, 2)],
  ]
}

function hasNoFigures(run: RunSummary): boolean {
  return (run.state === 'failed' || run.state === 'killed') && run.dirtyRecords === 0
}

function took(run: RunSummary): string {
  if (run.startedAtMs === null) return '-'
  return formatClock((run.finishedAtMs ?? Date.now()) - run.startedAtMs)
}

function compact(params: unknown): string | null {
  if (typeof params !== 'object' || params === null) return null
  const entries = Object.entries(params)
  return entries.length === 0 ? null : entries.map(([k, v]) => `${k}=${String(v)}`).join(' ')
}

/** Topic partitions of a plan that are shown; a topic may have thousands. */
const RANGES_SHOWN_MAX = 32

/** The plan's ranges a line each; the rest of the plan is in the JSON output. */
function planText(plan: unknown): string | null {
  if (typeof plan !== 'object' || plan === null) return null
  const inner = (plan as { plan?: unknown }).plan ?? plan
  const { ranges, topic } = inner as { ranges?: unknown; topic?: unknown }
  if (!Array.isArray(ranges)) return JSON.stringify(plan, null, 2)
  const lines = ranges
    .slice(0, RANGES_SHOWN_MAX)
    .map((range: unknown) => rangeText(typeof topic === 'string' ? topic : 'topic', range))
  const rest = ranges.length - RANGES_SHOWN_MAX
  if (rest > 0) lines.push(`and ${formatCount(rest)} more topic partitions: -o json shows all`)
  return lines.join('\n')
}

/** `orders-3: offsets [0, 8000), 8,000 to read` */
function rangeText(topic: string, range: unknown): string {
  const fields = (range ?? {}) as Readonly<Record<string, unknown>>
  const [start, end] = [Number(fields['startOffset']), Number(fields['endOffset'])]
  const partition = `${topic}-${JSON.stringify(fields['topicPartition'] ?? '?')}`
  return `${partition}: offsets [${start}, ${end}), ${formatCount(end - start)} to read`
}
