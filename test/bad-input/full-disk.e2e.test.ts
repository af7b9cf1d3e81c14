/** An agent whose disk is full takes no work: others of its group do, and a run that waits for it says so. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import { createTopic, produceAll } from '../../dev/local-system/topic.ts'
import { BadInputWorld } from './bad-input-world.ts'

const TOPIC = 'orders'
const DISK_MB = 100
/** For the agent's identity; far less than what it wants to have free. */
const LEFT_BYTES = 1_000_000

describe(
  'a full disk',
  { skip: process.getuid?.() !== 0 && 'mounting a small disk needs root' },
  () => {
    let world: BadInputWorld
    let table: string
    let disk: string
    let filler: string

    before(async () => {
      world = await BadInputWorld.start(0)
      disk = join(world.system.stateDir, 'agents', 'full')
      mkdirSync(disk, { recursive: true })
      const { status, stderr } = spawnSync('mount', [
        '-t',
        'tmpfs',
        '-o',
        `size=${DISK_MB}m`,
        'tmpfs',
        disk,
      ])
      assert.equal(status, 0, String(stderr))
      filler = join(disk, 'filler')
      const { bavail, bsize } = statfsSync(disk)
      writeFileSync(filler, Buffer.alloc(bavail * bsize - LEFT_BYTES))
      await createTopic(world.bootstrap, TOPIC, { topicPartitions: 1 })
      await produceAll(world.bootstrap, TOPIC, [[{ value: Buffer.from('one') }]])
      await world.system.addAgent('full')
      await world.system.addAgent('roomy')
      table = await world.newTable('v STRING')
    })
    after(async () => {
      await world?.system.stop()
      if (disk !== undefined) spawnSync('umount', [disk])
      await world?.stop()
    })

    it('leaves the work to the other agents of the group', async () => {
      const run = await world.run(await world.newJob({ topic: TOPIC, table }))
      assert.equal(run.state, 'succeeded')
      assert.equal(await world.rows(table), 1)
    })

    it('is what a run says that waits for it, and the run goes on when there is room', async () => {
      const roomy = world.system.agents.find((agent) => agent.name === 'roomy')
      await roomy?.process.stop()
      const runId = await world.start(await world.newJob({ topic: TOPIC, table }))
      const isRefused =
        /^agent full takes no work: NO_DISK: DISK_FULL: \S+ has \d+ bytes free, at least \d+ are needed$/
      const { state } = await world.until(runId, (run) => isRefused.test(run.waitingFor ?? ''))
      assert.equal(state, 'planning')
      const { stdout } = await world.cli('run', 'show', String(runId))
      assert.match(stdout, /Waiting: +agent full takes no work: NO_DISK/)
      rmSync(filler)
      assert.equal((await world.end(runId)).state, 'succeeded')
    })
  },
)
