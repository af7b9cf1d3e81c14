import type { OpenResult } from '../../proto/gen/sluice/agent/v1/OpenResult.ts'
import type { PinnedRange } from '../plan/plan.ts'
import type { Database } from '../store/database.ts'
import { type ActiveRunRow, loadActiveRuns } from '../store/runs/load-active-runs.ts'
import { loadSlices } from '../store/slices/load-slices.ts'
import { ActiveRun, type PinnedPlan } from './active-run.ts'
import { type JobSource, JobUnreadableError } from './job-source.ts'
import { runStateOf, sliceStateOf } from './run-record.ts'
import type { RunSources } from './run-sources.ts'

export interface LoadedRuns {
  readonly runs: readonly ActiveRun[]
  /** Runs whose job cannot be read, and why. */
  readonly unreadable: readonly { readonly row: ActiveRunRow; readonly problem: string }[]
}

/** One run, or (null) all that are not over, as the store has them. */
export async function loadRuns(
  db: Database,
  jobs: JobSource,
  runId: number | null,
): Promise<LoadedRuns> {
  const runs: ActiveRun[] = []
  const unreadable: { row: ActiveRunRow; problem: string }[] = []
  for (const row of await loadActiveRuns(db, runId)) {
    try {
      runs.push(await loadRun(db, jobs, row))
    } catch (error) {
      if (!(error instanceof JobUnreadableError)) throw error
      unreadable.push({ row, problem: error.message })
    }
  }
  return { runs, unreadable }
}

async function loadRun(db: Database, jobs: JobSource, row: ActiveRunRow): Promise<ActiveRun> {
  const { job, secrets } = await jobs.load(row.jobName, row.jobVersion, row.params, row.cycTimeMs)
  const run = new ActiveRun(row, job, secrets, row.sources as RunSources, runStateOf(row))
  run.pinned = row.plan as PinnedPlan | null
  run.session = row.session as OpenResult | null
  run.startedAtMs = row.startedAtMs
  run.finishedAtMs = row.finishedAtMs
  const slices = await loadSlices(db, row.id)
  run.slices.replaceAll(
    slices.map((slice) => ({
      ranges: slice.ranges as PinnedRange[],
      state: sliceStateOf(slice),
    })),
  )
  return run
}
