/**
 * npm run chaos -- --runs N --seed S [--records R] [--agents A] [--parallel P]
 *
 * Seeds S, S+1, …: run i of `--seed S` is run 1 of `--seed S+i-1`, so that one can be repeated alone.
 * Exit code 0 only for 0 lost, 0 duplicated, 0 not finished.
 */
import { parseArgs } from 'node:util'

import { chaosRun, type ChaosOutcome } from './chaos-run.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    records: { type: 'string', default: '40000' },
    agents: { type: 'string', default: '3' },
    parallel: { type: 'string', default: '1' },
  },
})
const runs = Number(values.runs)
const firstSeed = Number(values.seed)
const seeds = Array.from({ length: runs }, (_, i) => firstSeed + i)
const outcomes: ChaosOutcome[] = []

await Promise.all(
  Array.from({ length: Number(values.parallel) }, async () => {
    for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
      const outcome = await chaosRun({
        seed,
        records: Number(values.records),
        agents: Number(values.agents),
      })
      outcomes.push(outcome)
      tell(outcome)
    }
  }),
)

const sum = (of: (outcome: ChaosOutcome) => number): number =>
  outcomes.reduce((total, outcome) => total + of(outcome), 0)
const [lost, duplicated, notFinished] = [
  sum((outcome) => outcome.lost),
  sum((outcome) => outcome.duplicated),
  sum((outcome) => outcome.notFinished),
]
console.log(
  `chaos: ${runs} runs, ${lost} lost, ${duplicated} duplicated, ${notFinished} not finished`,
)
process.exitCode = lost + duplicated + notFinished === 0 ? 0 : 1

function tell(outcome: ChaosOutcome): void {
  const { seed, rows, seconds, startSeconds, faults, problem } = outcome
  const verdict = `${outcome.lost} lost, ${outcome.duplicated} duplicated`
  console.log(
    `run ${outcomes.length} of ${runs}, seed ${seed}: ${rows} rows in ${seconds.toFixed(1)} s (start ${startSeconds.toFixed(1)} s), ${verdict}`,
  )
  console.log(`  ${faults.join('; ')}`)
  if (problem === null && outcome.lost + outcome.duplicated === 0) return
  console.log(`  ${problem ?? 'rows are wrong'}\n  logs and state: ${outcome.stateDir}`)
}
