import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What the control plane signs bundles with, as pinned at enrolment; null: it gave none. */
export async function readReleaseKey(stateDir: string): Promise<string | null> {
  try {
    return await readFile(join(stateDir, 'release-key.pem'), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
