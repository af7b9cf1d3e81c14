/**
 * A copy of an agent becomes an agent of its own.
 *
 * N1. It enrols in a directory inside the state directory. Until that is complete the old identity is
 *     untouched, and can ask for another token.
 * N2. Then the files move up, identity.json last; a crash on the way is made good at the next start.
 */
import { access, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { syncDirectory } from './durable-file.ts'
import { enrolAgent } from './enrol.ts'
import type { EnrolOptions } from './enrol.ts'
import { loadIdentity } from './identity.ts'
import type { Identity } from './identity.ts'

const FILES = ['agent.key', 'agent.pem', 'ca.pem', 'release-key.pem', 'identity.json']

/** Rejects with AgentError; then the old identity is still there (N1). */
export async function becomeNew(options: Omit<EnrolOptions, 'force'>): Promise<Identity> {
  const { stateDir } = options
  await enrolAgent({ ...options, stateDir: placeIn(stateDir), force: false })
  await finishBecoming(stateDir)
  const identity = await loadIdentity(stateDir)
  if (identity === null) throw new Error('the new identity is not where it was put')
  return identity
}

/** N2. Nothing to do where nothing was begun, or the enrolment was not completed. */
export async function finishBecoming(stateDir: string): Promise<void> {
  const place = placeIn(stateDir)
  if (!(await exists(join(place, 'identity.json')))) return
  for (const name of ['identity.json', 'generation', 'results']) {
    await rm(join(stateDir, name), { force: true, recursive: true }) // of the agent that it was
  }
  for (const name of FILES) {
    if (await exists(join(place, name))) await rename(join(place, name), join(stateDir, name))
  }
  await syncDirectory(stateDir)
  await rm(place, { recursive: true })
}

function placeIn(stateDir: string): string {
  return join(stateDir, 'becoming')
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
