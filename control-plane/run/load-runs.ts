import type { OpenResult } from '../../proto/gen/sluice/agent/v1/OpenResult.ts'
import type { PinnedRange } from '../plan/plan.ts'
import type { Database } from '../store/database.ts'
import { loadActiveRuns } from '../store/runs/load-active-runs.ts'
import { loadSlices } from '../store/slices/load-slices.ts'
import { ActiveRun, type PinnedPlan } from './active-run.ts'
import type { JobSource } from './job-source.ts'
import { runStateOf, sliceStateOf } from './run-record.ts'
import type { RunSources } from './run-sources.ts'

/** One run, or (null) all that are not over, as the store has them. */
export async function loadRuns(
  db: Database,
  jobs: JobSource,
  runId: number | null,
): Promise<ActiveRun[]> {
  const runs: ActiveRun[] = []
  for (const row of await loadActiveRuns(db, runId)) {
    const loaded = await jobs.load(row.jobName, row.jobVersion, row.params, row.cycTimeMs)
    const run = new ActiveRun(
      row,
      loaded.job,
      loaded.secrets,
      row.sources as RunSources,
      runStateOf(row),
    )
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
    runs.push(run)
  }
  return runs
}
