import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'

import { readCapacity, readCgroupLimits } from './cgroup.ts'

async function hostOf(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'sluice-cgroup-'))
  t.after(() => rm(root, { recursive: true }))
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), `${text}\n`)
  }
  return root
}

test('v2: the limits of the service count', async (t) => {
  const root = await hostOf(t, {
    'proc/self/cgroup': '0::/system.slice/sluice-agent.service',
    'sys/fs/cgroup/system.slice/sluice-agent.service/cpu.max': '150000 100000',
    'sys/fs/cgroup/system.slice/sluice-agent.service/memory.max': '1073741824',
    'sys/fs/cgroup/system.slice/cpu.max': 'max 100000',
    'sys/fs/cgroup/system.slice/memory.max': 'max',
  })
  assert.deepEqual(await readCgroupLimits(root), { cpuCores: 1.5, memoryBytes: 1024 ** 3 })
})

test('v2: a limit of a group above ours counts too, the smallest of all', async (t) => {
  const root = await hostOf(t, {
    'proc/self/cgroup': '0::/a/b/c',
    'sys/fs/cgroup/a/b/c/cpu.max': '400000 100000',
    'sys/fs/cgroup/a/b/cpu.max': 'max 100000',
    'sys/fs/cgroup/a/cpu.max': '200000 100000',
    'sys/fs/cgroup/a/memory.max': '536870912',
  })
  assert.deepEqual(await readCgroupLimits(root), { cpuCores: 2, memoryBytes: 512 * 1024 ** 2 })
})

test('v1: the paths of /proc may be those outside of the container', async (t) => {
  const root = await hostOf(t, {
    'proc/self/cgroup': '7:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/x',
    'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '50000',
    'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000',
    'sys/fs/cgroup/memory/memory.limit_in_bytes': '268435456',
  })
  assert.deepEqual(await readCgroupLimits(root), { cpuCores: 0.5, memoryBytes: 256 * 1024 ** 2 })
})

test('no limit is no limit: v1 says so by -1 and a huge number, and files may be missing', async (t) => {
  const root = await hostOf(t, {
    'proc/self/cgroup': '7:memory:/\n4:cpu:/\n0::/',
    'sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1',
    'sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000',
    'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712',
    'sys/fs/cgroup/unified/cpu.max': 'max 100000',
  })
  const none = { cpuCores: null, memoryBytes: null }
  assert.deepEqual(await readCgroupLimits(root), none)
  assert.deepEqual(await readCgroupLimits('/nonexistent'), none)
  const { cpuCores, memoryBytes, isMemoryLimited } = await readCapacity('/nonexistent')
  assert.ok(cpuCores >= 1 && memoryBytes > 0 && !isMemoryLimited)
})
