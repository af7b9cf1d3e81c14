/**
 * What the two backends have in common about transactions.
 *
 * T1. Inside a transaction's work only its own Database may be used; the outer one is refused at once.
 * T2. A Database of a transaction is dead when the transaction is over.
 * T3. A nested transaction is a savepoint.
 */
import { AsyncLocalStorage } from 'node:async_hooks'

import type { ScriptTransaction } from './backend.ts'
import { StoreError } from './database.ts'

export interface StatementRunner {
  query(sql: string, params: readonly unknown[]): Promise<object[]>
  script(sql: string): Promise<void>
}

interface Scope {
  over: boolean
}

export class TransactionScopes {
  readonly #current = new AsyncLocalStorage<Scope>()

  /** T1: called by the outer Database before it does anything. */
  refuseInside(): void {
    if (this.#current.getStore()?.over === false) {
      throw new StoreError(
        'FAILED',
        'the outer database was used inside a transaction: use the one that the work was given',
      )
    }
  }

  /** Runs the work of one transaction whose begin and end are the caller's. */
  async run<T>(runner: StatementRunner, work: (tx: ScriptTransaction) => Promise<T>): Promise<T> {
    const scope: Scope = { over: false }
    try {
      return await this.#current.run(scope, () => work(scopedDatabase(runner, scope, 1)))
    } finally {
      scope.over = true
    }
  }
}

function scopedDatabase(runner: StatementRunner, scope: Scope, depth: number): ScriptTransaction {
  const refuseAfterEnd = (): void => {
    if (scope.over) throw new StoreError('FAILED', 'a transaction was used after its end') // T2
  }
  return {
    async query<Row extends object>(sql: string, params: readonly unknown[] = []) {
      refuseAfterEnd()
      return (await runner.query(sql, params)) as Row[]
    },
    async script(sql) {
      refuseAfterEnd()
      await runner.script(sql)
    },
    async transaction(work) {
      refuseAfterEnd()
      const savepoint = `nested_${depth}`
      await runner.script(`SAVEPOINT ${savepoint}`) // T3
      try {
        const value = await work(scopedDatabase(runner, scope, depth + 1))
        await runner.script(`RELEASE SAVEPOINT ${savepoint}`)
        return value
      } catch (error) {
        await runner.script(`ROLLBACK TO SAVEPOINT ${savepoint}; RELEASE SAVEPOINT ${savepoint}`)
        throw error
      }
    },
  }
}
