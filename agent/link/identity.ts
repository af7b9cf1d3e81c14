/**
 * Who this agent is, in its state directory:
 *   agent.key      the secret that it made for itself (0600); only its SHA-256 ever leaves the host
 *   ca.pem         the control plane's CA, pinned at enrolment
 *   identity.json  id, name, group and where the control plane is
 *
 * I1. The key is on disk before the first Enrol call, so that a lost reply can be asked for again
 *     with the same key. identity.json is written last: whoever has it has all three.
 */
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { AgentError } from './agent-error.ts'
import { writeDurably } from './durable-file.ts'
import { parseServerAddress } from './server-address.ts'
import type { ServerAddress } from './server-address.ts'

const KEY_BYTES = 32
const KEY_TEXT = /^[A-Za-z0-9_-]{43}$/

export interface Identity {
  readonly agentId: string
  readonly name: string
  readonly group: string
  readonly server: ServerAddress
  readonly key: string
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
  const file = parseIdentityFile(text, path)
  const [key, caPem] = await Promise.all([
    readIfThere(join(stateDir, 'agent.key')),
    readIfThere(join(stateDir, 'ca.pem')),
  ])
  if (key === null || caPem === null) {
    const missing = key === null ? 'agent.key' : 'ca.pem'
    throw new AgentError(
      'STATE_INVALID',
      `${stateDir} has an identity.json but no ${missing}: enrol anew with --force`,
    )
  }
  const { agentId, name, group } = file
  return { agentId, name, group, server: parseServerAddress(file.server), key: key.trim(), caPem }
}

/** The identity is complete with this (I1). */
export async function saveIdentity(stateDir: string, identity: IdentityFile): Promise<void> {
  await writeDurably(join(stateDir, 'identity.json'), JSON.stringify(identity, null, 2) + '\n')
}

export async function saveCa(stateDir: string, caPem: string): Promise<void> {
  await writeDurably(join(stateDir, 'ca.pem'), caPem, 0o644)
}

/** The agent's key, made when there is none. */
export async function obtainKey(stateDir: string): Promise<string> {
  await makeStateDir(stateDir)
  const path = join(stateDir, 'agent.key')
  const existing = (await readIfThere(path))?.trim()
  if (existing !== undefined) {
    if (KEY_TEXT.test(existing)) return existing
    throw new AgentError('STATE_INVALID', `${path} is damaged: enrol anew with --force`)
  }
  const key = randomBytes(KEY_BYTES).toString('base64url')
  await writeDurably(path, key + '\n')
  return key
}

/** Forgets who the agent was; results that were not acknowledged belong to that agent and go too. */
export async function forgetIdentity(stateDir: string): Promise<void> {
  for (const name of ['identity.json', 'agent.key', 'ca.pem', 'results']) {
    await rm(join(stateDir, name), { force: true, recursive: true })
  }
}

export function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('hex')
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
  throw new AgentError('STATE_INVALID', `${path} is damaged: enrol anew with --force`)
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
