/**
 * Who this agent is, in its state directory:
 *   agent.key        its private key (ECDSA P-256, PKCS#8, 0600); it never leaves the host
 *   agent.pem        the certificate that the control plane made for it, good for a day
 *   ca.pem           the control plane's CA, pinned at enrolment
 *   release-key.pem  what bundles of the agent are signed with, if the control plane has such a key
 *   generation       a number that grows with every session: tells a copy of this directory from it
 *   identity.json    id, name, group and where the control plane is
 *
 * I1. The key is on disk before the first Enrol call, so that a lost reply can be asked for again
 *     with the same key. identity.json is written last: whoever has it has all of them.
 */
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { AgentError } from './agent-error.ts'
import { isAgentKey, makeAgentKey } from './agent-key.ts'
import { writeDurably } from './durable-file.ts'
import { formatServerAddress, parseServerAddress } from './server-address.ts'
import type { ServerAddress } from './server-address.ts'

export interface Identity {
  readonly agentId: string
  readonly name: string
  readonly group: string
  readonly server: ServerAddress
  /** Never logged. */
  readonly keyPem: string
  readonly certificatePem: string
  readonly caPem: string
}

interface IdentityFile {
  readonly agentId: string
  readonly name: string
  readonly group: string
  readonly server: string
}

/** null: nobody enrolled here. Rejects with STATE_INVALID when only parts are there. */
export async function loadIdentity(stateDir: string): Promise<Identity | null> {
  const path = join(stateDir, 'identity.json')
  const text = await readIfThere(path)
  if (text === null) return null
  const { agentId, name, group, server } = parseIdentityFile(text, path)
  const [keyPem, certificatePem, caPem] = await Promise.all([
    readPart(stateDir, 'agent.key'),
    readPart(stateDir, 'agent.pem'),
    readPart(stateDir, 'ca.pem'),
  ])
  if (!isAgentKey(keyPem)) throw damaged(join(stateDir, 'agent.key'))
  return {
    agentId,
    name,
    group,
    server: parseServerAddress(server),
    keyPem,
    certificatePem,
    caPem,
  }
}

/** What was made at enrolment. The identity is complete with this (I1). */
export async function saveNewIdentity(
  stateDir: string,
  identity: Identity,
  releaseKeyPem: string,
): Promise<void> {
  await rm(join(stateDir, 'generation'), { force: true })
  await writeDurably(join(stateDir, 'ca.pem'), identity.caPem, 0o644)
  if (releaseKeyPem !== '') {
    await writeDurably(join(stateDir, 'release-key.pem'), releaseKeyPem, 0o644)
  }
  await saveCertificate(stateDir, identity.certificatePem)
  await saveIdentity(stateDir, identity)
}

/** Name, group or address have changed. */
export async function saveIdentity(stateDir: string, identity: Identity): Promise<void> {
  const { agentId, name, group } = identity
  const server = formatServerAddress(identity.server)
  const file: IdentityFile = { agentId, name, group, server }
  await writeDurably(join(stateDir, 'identity.json'), JSON.stringify(file, null, 2) + '\n')
}

export async function saveCertificate(stateDir: string, certificatePem: string): Promise<void> {
  await writeDurably(join(stateDir, 'agent.pem'), certificatePem, 0o644)
}

/** 0: no session has been opened with this directory. */
export async function loadGeneration(stateDir: string): Promise<number> {
  const path = join(stateDir, 'generation')
  const text = await readIfThere(path)
  if (text === null) return 0
  if (!/^\d{1,15}\n?$/.test(text)) throw damaged(path)
  return Number(text)
}

export async function saveGeneration(stateDir: string, generation: number): Promise<void> {
  await writeDurably(join(stateDir, 'generation'), `${generation}\n`)
}

/** The agent's key as PEM, made when there is none. */
export async function obtainKey(stateDir: string): Promise<string> {
  await makeStateDir(stateDir)
  const path = join(stateDir, 'agent.key')
  const existing = await readIfThere(path)
  if (existing !== null) {
    if (isAgentKey(existing)) return existing
    throw damaged(path)
  }
  const keyPem = makeAgentKey()
  await writeDurably(path, keyPem)
  return keyPem
}

/** Forgets who the agent was; results that were not acknowledged belong to that agent and go too. */
export async function forgetIdentity(stateDir: string): Promise<void> {
  const files = ['identity.json', 'agent.key', 'agent.pem', 'generation', 'ca.pem', 'results']
  for (const name of files) await rm(join(stateDir, name), { force: true, recursive: true })
}

export async function makeStateDir(stateDir: string): Promise<void> {
  try {
    await mkdir(stateDir, { recursive: true, mode: 0o700 })
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new AgentError('STATE_INVALID', `--state-dir ${stateDir} cannot be made: ${why}`, {
      cause,
    })
  }
}

function parseIdentityFile(text: string, path: string): IdentityFile {
  try {
    const value = JSON.parse(text) as Partial<Record<keyof IdentityFile, unknown>>
    const { agentId, name, group, server } = value
    if (
      typeof agentId === 'string' &&
      typeof name === 'string' &&
      typeof group === 'string' &&
      typeof server === 'string'
    ) {
      return { agentId, name, group, server }
    }
  } catch {
    // said below
  }
  throw damaged(path)
}

async function readPart(stateDir: string, name: string): Promise<string> {
  const text = await readIfThere(join(stateDir, name))
  if (text !== null) return text
  throw new AgentError(
    'STATE_INVALID',
    `${stateDir} has an identity.json but no ${name}: enrol anew with --force`,
  )
}

function damaged(path: string): AgentError {
  return new AgentError('STATE_INVALID', `${path} is damaged: enrol anew with --force`)
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new AgentError('STATE_INVALID', `${path} cannot be read: ${why}`, { cause })
  }
}
