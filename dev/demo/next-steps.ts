import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

import type { LocalSystem } from '../local-system/start-local-system.ts'
import { GROUP, JOB, MAXCOMPUTE_DATASOURCE, TABLE } from './orders-job.ts'
import type { DemoResult } from './run-demo.ts'

const CLI = fileURLToPath(new URL('../../cli/sluice', import.meta.url))

/** Where everything is, and commands to go on with. */
export function nextSteps(system: LocalSystem, { jobFile, ds }: DemoResult): readonly string[] {
  const { controlPlane, endpoint, kafka } = system
  const path = relative(process.cwd(), CLI)
  const cli = path.startsWith('..') ? CLI : path
  const lines = [
    ['API', `${controlPlane.apiUrl}/api/v1`],
    ['OpenAPI', `${controlPlane.apiUrl}/openapi.json`],
    ['API token', `in ${controlPlane.tokenFile}`],
    ['MaxCompute', `${endpoint.url}, project ${endpoint.project}`],
    ['', `tunnel ${endpoint.tunnelUrl}, access id ${endpoint.accessId}, key ${endpoint.accessKey}`],
    ['Kafka', kafka.bootstrap],
    ['Job', jobFile],
    ['Logs', `${system.stateDir}/logs`],
  ]
  const sql = `SELECT city, COUNT(*) AS orders, SUM(amount) AS amount FROM ${TABLE} WHERE ds='${ds}' GROUP BY city`
  return [
    ...lines.map(([name, value]) => `  ${name!.padEnd(12)}${value}`),
    '',
    'Next, in another terminal:',
    '',
    `  export SLUICE_SERVER=${controlPlane.apiUrl} SLUICE_TOKEN_FILE=${controlPlane.tokenFile}`,
    `  ${cli} agent list`,
    `  ${cli} run list`,
    `  ${cli} job run ${JOB} --param ds=${ds} --watch`,
    `  ${cli} sql -d ${MAXCOMPUTE_DATASOURCE} --group ${GROUP} "${sql}"`,
  ]
}
