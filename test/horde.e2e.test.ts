/** A small horde from start to end: who is in, who came back, and that nobody was taken for dead. No times. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const HORDE = fileURLToPath(new URL('../bench/horde/main.ts', import.meta.url))
const TIMEOUT_MS = 6 * 60_000
const AGENTS = 200

interface HordeReport {
  readonly agents: number
  readonly falseDead: number
  readonly fenced: number
  readonly errors: number
  readonly states: Readonly<Record<string, number>>
  readonly [figure: string]: unknown
}

it(
  `${AGENTS} agents enrol, work, lose their control plane by kill -9 and are all back, none taken for dead`,
  { timeout: TIMEOUT_MS },
  async () => {
    const flags = ['--agents', `${AGENTS}`, '--idle-seconds', '10', '--assign-seconds', '5']
    const load = ['--rate', '100', '--jobs', '3', '--json']
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', HORDE, ...flags, ...load],
      { timeout: TIMEOUT_MS },
    )
    const report = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as HordeReport
    const { agents, falseDead, fenced, errors, states } = report
    assert.deepEqual(
      { agents, falseDead, fenced, errors, states },
      {
        agents: AGENTS,
        falseDead: 0,
        fenced: 0,
        errors: 0,
        states: { online: AGENTS },
      },
    )
    const figures = ['enrolSeconds', 'assignP50Ms', 'assignP99Ms', 'reconnectSeconds', 'kbPerAgent']
    for (const name of figures) assert.equal(typeof report[name], 'number', name)
  },
)
