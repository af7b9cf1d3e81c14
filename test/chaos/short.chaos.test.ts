/** A few seeds of `npm run chaos` in every test run; the command itself runs as many as one likes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { chaosRun } from './chaos-run.ts'

const SEEDS = [1, 2]
const RECORDS = 20_000
const AGENTS = 2

for (const seed of SEEDS) {
  test(`under the faults of seed ${seed} no row is lost and none is doubled`, async (t) => {
    const outcome = await chaosRun({ seed, records: RECORDS, agents: AGENTS })
    const { lost, duplicated, notFinished, problem, rows, seconds } = outcome
    t.diagnostic(`${rows} rows in ${seconds.toFixed(1)} s under ${outcome.faults.join('; ')}`)
    const evidence = `${problem ?? ''}\nlogs and state: ${outcome.stateDir}`
    assert.deepEqual(
      { lost, duplicated, notFinished },
      { lost: 0, duplicated: 0, notFinished: 0 },
      evidence,
    )
  })
}
