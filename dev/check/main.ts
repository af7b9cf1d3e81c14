/** `npm run check`: everything that `npm test` checks before it runs a test. */
import { fileURLToPath } from 'node:url'

import { runChecks } from './run-checks.ts'

const failed = runChecks(fileURLToPath(new URL('../..', import.meta.url)))
if (failed.length > 0) {
  process.stdout.write(`failed checks: ${failed.join(', ')}\n`)
  process.exitCode = 1
}
