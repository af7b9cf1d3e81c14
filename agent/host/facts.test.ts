import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'

import { hostIps, readHostFacts } from './facts.ts'

test('facts come from the files of the host', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'sluice-facts-'))
  t.after(() => rm(root, { recursive: true }))
  const files = {
    'sys/class/dmi/id/product_uuid': '4C4C4544-0046-3510-8052-B4C04F4D3132\n',
    'etc/machine-id': 'b08dfa6083e7567a1921a715000001fb\n',
    'proc/sys/kernel/random/boot_id': '3f2c1e9a-0000-4000-8000-000000000001\n',
    'etc/os-release': 'ID=debian\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
  }
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
  }
  const facts = await readHostFacts(root)
  assert.equal(facts.dmiUuid, '4c4c4544-0046-3510-8052-b4c04f4d3132')
  assert.equal(facts.machineId, 'b08dfa6083e7567a1921a715000001fb')
  assert.equal(facts.bootId, '3f2c1e9a-0000-4000-8000-000000000001')
  assert.equal(facts.os, 'Debian GNU/Linux 12 (bookworm)')
  assert.ok(facts.cpuCount > 0 && facts.memoryBytes > 0)
})

test('a UUID that only root may read comes from where root has copied it to', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'sluice-facts-'))
  t.after(() => rm(root, { recursive: true }))
  await mkdir(join(root, 'run/sluice-agent'), { recursive: true })
  const uuid = '4c4c4544-0046-3510-8052-b4c04f4d3132'
  await writeFile(join(root, 'run/sluice-agent/product_uuid'), `${uuid}\n`)
  assert.equal((await readHostFacts(root)).dmiUuid, uuid)
})

test('what cannot be read is empty', async () => {
  const facts = await readHostFacts('/nonexistent')
  assert.deepEqual([facts.dmiUuid, facts.machineId, facts.bootId], ['', '', ''])
})

test('loopback and link-local addresses are left out', () => {
  const address = (address: string, internal = false): never =>
    ({ address, internal, family: 'IPv4', netmask: '', mac: '', cidr: null }) as never
  assert.deepEqual(
    hostIps({
      lo: [address('127.0.0.1', true)],
      eth0: [address('10.1.2.3'), address('fe80::1'), address('2001:db8::1')],
      eth1: [address('10.1.2.3')],
    }),
    ['10.1.2.3', '2001:db8::1'],
  )
})
