/**
 * The thread of the embedded store. PGlite computes where it is called, for milliseconds at a time: on a
 * thread of its own that is not latency of the agents' link.
 *
 * W1. A transaction is begun by one message and ended by another. In between PGlite keeps everything
 *     else waiting, in the order in which it came. Its statements may come before it has begun: they
 *     wait for that, so that whoever calls need not.
 * W2. After a PANIC or FATAL of PostgreSQL nothing more that PGlite says can be relied on: the thread
 *     ends, as a server would, and what waits is rejected with it.
 */
import { parentPort, workerData } from 'node:worker_threads'

import { PGlite, types } from '@electric-sql/pglite'
import type { Transaction } from '@electric-sql/pglite'

import { OPENED } from './embedded-messages.ts'
import type { EmbeddedAnswer, EmbeddedError, EmbeddedRequest } from './embedded-messages.ts'
import { safeInteger } from './safe-integer.ts'

interface OpenTransaction {
  readonly tx: Transaction
  readonly end: (outcome: 'commit' | 'rollback') => void
  /** Settles after COMMIT or ROLLBACK. */
  readonly over: Promise<void>
}

const SQLSTATE = /^[0-9A-Z]{5}$/

/** How a transaction that is to be undone leaves PGlite's own function. */
class RolledBack extends Error {}

const port = parentPort
if (port === null) throw new Error('embedded-worker.ts runs as a worker thread')
const { dataDir } = workerData as { readonly dataDir: string }

/** By the id of the message that began it. PGlite lets one run at a time. */
const open = new Map<number, Promise<OpenTransaction>>()

function answer(message: EmbeddedAnswer): void {
  port!.postMessage(message, [])
}

async function handle(pglite: PGlite, request: EmbeddedRequest): Promise<readonly object[]> {
  switch (request.kind) {
    case 'query': {
      const target = request.tx === null ? pglite : (await transactionOf(request.tx)).tx
      return (await target.query<object>(request.sql, [...request.params])).rows
    }
    case 'script':
      await (await transactionOf(request.tx)).tx.exec(request.sql)
      return []
    case 'begin':
      await begin(pglite, request.id)
      return []
    case 'end': {
      const transaction = await transactionOf(request.tx)
      transaction.end(request.outcome)
      await transaction.over
      return []
    }
    case 'close':
      await pglite.close()
      return []
  }
}

/** Resolves once BEGIN is done; W1. */
async function begin(pglite: PGlite, id: number): Promise<void> {
  const begun = new Promise<OpenTransaction>((resolve, failed) => {
    const over = pglite
      .transaction(async (tx) => {
        const outcome = await new Promise<'commit' | 'rollback'>((end) => {
          resolve({ tx, end, over: settled })
        })
        if (outcome === 'rollback') throw new RolledBack()
      })
      .catch((error: unknown) => {
        if (!(error instanceof RolledBack)) throw error
      })
      .finally(() => open.delete(id))
    over.catch(failed) // of BEGIN; when it has begun, whoever ends it hears of it
    const settled = over
  })
  open.set(id, begun)
  await begun
}

function transactionOf(id: number): Promise<OpenTransaction> {
  return open.get(id) ?? Promise.reject(new Error('the transaction is over'))
}

/** W2 */
function isDeadly(thrown: unknown): boolean {
  const { severity } = thrown as { readonly severity?: unknown }
  return severity === 'PANIC' || severity === 'FATAL'
}

function errorOf(thrown: unknown): EmbeddedError {
  const { message, code, constraint } = thrown as Partial<Record<keyof EmbeddedError, unknown>>
  return {
    message: typeof message === 'string' ? message : String(thrown),
    code: typeof code === 'string' && SQLSTATE.test(code) ? code : '',
    constraint: typeof constraint === 'string' ? constraint : '',
  }
}

try {
  const pglite = await PGlite.create({ dataDir, parsers: { [types.INT8]: safeInteger } })
  port.on('message', (request: EmbeddedRequest) => {
    handle(pglite, request).then(
      (rows) => answer({ id: request.id, ok: true, rows }),
      (error: unknown) => {
        if (isDeadly(error)) throw new Error(`PostgreSQL gave up: ${errorOf(error).message}`)
        answer({ id: request.id, ok: false, error: errorOf(error) })
      },
    )
  })
  answer({ id: OPENED, ok: true, rows: [] })
} catch (error) {
  answer({ id: OPENED, ok: false, error: errorOf(error) })
}
