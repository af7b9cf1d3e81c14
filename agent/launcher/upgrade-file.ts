/**
 * `<state>/upgrade.json`: what the agent and the launcher tell each other about an upgrade.
 *
 * U1. The agent lays the new release down beside the running one, writes the file with phase 'trial',
 *     and ends with EXIT_UPGRADE. The launcher alone changes the phase from there.
 * U2. The agent that runs after it reads 'done' or 'rolledBack' and tells the control plane, in every session.
 *     The file stays until the next upgrade: an answer that was lost is given again.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { writeDurably } from '../link/durable-file.ts'

/** "Start me again, as upgrade.json says." */
export const EXIT_UPGRADE = 75

export type UpgradePhase = 'trial' | 'done' | 'rolledBack'

export interface UpgradeFile {
  readonly upgradeId: number
  /** Names of directories below `releases/`. */
  readonly from: string
  readonly to: string
  /** The new version must be connected within this, not counting time in which the control plane is away. */
  readonly healthMs: number
  readonly phase: UpgradePhase
  /** Ends of the new version's process during the trial. */
  readonly crashes?: number
  /** Why it was rolled back. */
  readonly why?: string
}

/** null: there is none, or nobody can read it. */
export async function readUpgradeFile(stateDir: string): Promise<UpgradeFile | null> {
  try {
    const value: unknown = JSON.parse(await readFile(join(stateDir, 'upgrade.json'), 'utf8'))
    return isUpgradeFile(value) ? value : null
  } catch {
    return null
  }
}

export async function writeUpgradeFile(stateDir: string, upgrade: UpgradeFile): Promise<void> {
  await writeDurably(join(stateDir, 'upgrade.json'), `${JSON.stringify(upgrade, null, 2)}\n`)
}

/** A release is a directory below `releases/`, never a path. */
export function isReleaseName(name: unknown): name is string {
  return typeof name === 'string' && /^[0-9A-Za-z][0-9A-Za-z._+-]{0,99}$/.test(name)
}

function isUpgradeFile(value: unknown): value is UpgradeFile {
  if (typeof value !== 'object' || value === null) return false
  const { upgradeId, from, to, healthMs, phase } = value as Record<string, unknown>
  return (
    typeof upgradeId === 'number' &&
    typeof healthMs === 'number' &&
    isReleaseName(from) &&
    isReleaseName(to) &&
    (phase === 'trial' || phase === 'done' || phase === 'rolledBack')
  )
}
