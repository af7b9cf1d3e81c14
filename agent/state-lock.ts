import { createHash } from 'node:crypto'
import { realpath } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { Server } from 'node:net'

import { AgentError } from './link/agent-error.ts'

/**
 * Keeps a second agent process of this host out of the state directory. A socket in the kernel's
 * abstract name space: it goes with the process, however it ends, and leaves no stale file.
 * Resolves with what releases it; rejects with ALREADY_RUNNING.
 */
export async function lockStateDir(stateDir: string): Promise<() => void> {
  const path = await realpath(stateDir)
  const digest = createHash('sha256').update(path).digest('hex')
  const server: Server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const message =
        cause.code === 'EADDRINUSE'
          ? `another agent process runs with --state-dir ${stateDir}: stop it, or give this one a directory of its own`
          : `--state-dir ${stateDir} cannot be locked: ${cause.message}`
      reject(new AgentError('ALREADY_RUNNING', message, { cause }))
    })
    server.listen(`\0sluice-agent-${digest}`, resolve)
  })
  server.unref()
  return () => server.close()
}
