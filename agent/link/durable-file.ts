import { chmod, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * After this the file is there whole, even after a power cut; before it, the old one is. What does not
 * fit is taken away again: on a full disk half a file would take the room of all others.
 */
export async function writeDurably(
  path: string,
  content: string | Uint8Array,
  mode = 0o600,
): Promise<void> {
  const temporary = `${path}.new`
  try {
    await writeAndSync(temporary, content, mode)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await chmod(temporary, mode) // one left over by a crash keeps its old mode
  await rename(temporary, path)
  await syncDirectory(dirname(path))
}

async function writeAndSync(
  path: string,
  content: string | Uint8Array,
  mode: number,
): Promise<void> {
  const handle = await open(path, 'w', mode)
  try {
    await handle.writeFile(content)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
