import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

const requirements = fileURLToPath(new URL('requirements.txt', import.meta.url))
const venv = fileURLToPath(new URL('../../.cache/pyodps-venv', import.meta.url))
const python = path.join(venv, 'bin', 'python')
const INSTALL_MS_MAX = 300_000

/** The Python of a virtual environment with PyODPS, made once; null with the reason when it cannot be made. */
export async function pyodpsPython(): Promise<{ python: string } | { missing: string }> {
  const wanted = await readFile(requirements, 'utf8')
  const marker = path.join(venv, 'installed-requirements.txt')
  const installed = await readFile(marker, 'utf8').catch(() => '')
  if (installed === wanted) return { python }
  try {
    await mkdir(path.dirname(venv), { recursive: true })
    await run('python3', ['-m', 'venv', venv], { timeout: INSTALL_MS_MAX })
    const pip = ['-m', 'pip', 'install', '--quiet', '--requirement', requirements]
    await run(python, pip, { timeout: INSTALL_MS_MAX })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { missing: `PyODPS cannot be installed (python3 -m venv, pip install): ${reason}` }
  }
  await writeFile(marker, wanted)
  return { python }
}
