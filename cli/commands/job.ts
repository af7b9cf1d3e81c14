import { basename } from 'node:path'

import type { Command } from 'commander'

import type { JobSummary } from '../../control-plane/api/shapes/job.ts'
import { ClientError, UsageError } from '../client-error.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { formatAge, formatTime } from '../format.ts'
import {
  type ListOutput,
  type ListView,
  printList,
  printShow,
  type ShowOutput,
  withListOutput,
  withShowOutput,
} from '../output.ts'
import { problemLine } from '../problem-lines.ts'
import { readInput } from '../read-input.ts'
import type { Act, Session } from '../session.ts'
import { startRunCommand } from './start-run.ts'

const view: ListView<JobSummary> = {
  columns: [
    { title: 'NAME', value: (job) => job.name },
    { title: 'VERSION', value: (job) => String(job.version), align: 'right' },
    { title: 'GROUP', value: (job) => job.group ?? '-' },
    { title: 'LAST RUN', value: (job) => (job.lastRun === null ? '-' : String(job.lastRun.id)) },
    { title: 'STATE', value: (job) => job.lastRun?.state ?? '-' },
    { title: 'WHEN', value: lastRunAge },
    { title: 'AGE', value: (job) => formatAge(Date.now() - job.createdAtMs) },
  ],
  name: (job) => job.name,
  empty: 'There are no jobs: apply one with `sluice job apply <file>`.',
}

export function jobCommands(program: Command, act: Act): void {
  const job = program.command('job').description('what is moved from where to where')
  job
    .command('apply <file...>')
    .description('check job JSON and store it as a new version; - is stdin')
    .option('--name <name>', "the job's name; else the file's name without its ending")
    .option('--group <group>', 'where its runs are executed when nothing else is said')
    .action(
      act(async (session, files: string[], how: { name?: string; group?: string }) => {
        if (how.name !== undefined && files.length > 1) {
          throw new UsageError('--name names one job: give one file')
        }
        return applyAll(session, files, how)
      }),
    )
  startRunCommand(job.command('run <name>'), act)
  withListOutput(job.command('list').description('all jobs with their last run')).action(
    act(async (session, how: ListOutput) => {
      printList(session, view, (await session.client.listJobs()).items, how)
    }),
  )
  withShowOutput(
    job.command('show <name>').description('one job, with secret values blanked'),
  ).action(
    act(async (session, name: string, how: ShowOutput) => {
      const found = await session.client.showJob(name)
      printShow(session, how, found, found.name, [
        ['Name', found.name],
        ['Version', String(found.version)],
        ['Group', found.group],
        ['Updated', formatTime(found.updatedAtMs)],
        ['Text', found.text.trimEnd()],
      ])
    }),
  )
  job
    .command('delete <name>')
    .description('delete a job, its runs and its ledger')
    .action(
      act(async (session, name: string) => {
        await session.client.deleteJob(name)
        session.err(`Job ${name} was deleted.`)
      }),
    )
}

/** Every file is tried; the exit code says whether all were taken. */
async function applyAll(
  session: Session,
  files: readonly string[],
  how: { name?: string; group?: string },
): Promise<ExitCode> {
  let exit: ExitCode = EXIT.ok
  for (const file of files) {
    const text = await readInput(file)
    const name = how.name ?? jobName(file)
    try {
      const applied = await session.client.applyJob(name, text, how.group ?? null)
      for (const note of applied.notes) session.err(problemLine(file, note))
      const verb = applied.changed ? 'applied' : 'unchanged'
      session.err(`Job ${name}: version ${applied.version}, ${verb}.`)
    } catch (error) {
      if (!(error instanceof ClientError) || error.code !== 'JOB_INVALID') throw error
      for (const problem of error.problems) session.err(problemLine(file, problem))
      session.err(`Job ${name} was not applied: ${error.message}`)
      exit = EXIT.failed
    }
  }
  return exit
}

function jobName(file: string): string {
  if (file === '-') throw new UsageError('a job from stdin needs --name')
  return basename(file).replace(/\.json$/i, '')
}

function lastRunAge(job: JobSummary): string {
  return job.lastRun === null ? '-' : `${formatAge(Date.now() - job.lastRun.createdAtMs)} ago`
}
