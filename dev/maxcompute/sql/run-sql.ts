import type { SqlContext, SqlResult } from './context.ts'
import { parseStatement } from './parse-statement.ts'
import { runStatement } from './run-statement.ts'
import { parseError, SqlError } from './sql-error.ts'
import { splitStatements, tokenize } from './tokenize.ts'

/**
 * Runs the statements of one submission in order and returns the last result. All of them are parsed first.
 * Throws SqlError. Only the last statement records the success: an earlier one does not finish the instance.
 */
export async function runSql(context: SqlContext, isStopped: () => boolean): Promise<SqlResult> {
  const parts = splitStatements(tokenize(context.source))
  const statements = parts.map((tokens) => parseStatement(context.source, tokens))
  if (statements.length === 0) throw parseError({ line: 1, column: 1 }, 'the query is empty')
  let result: SqlResult = { kind: 'text', text: '' }
  for (const [i, statement] of statements.entries()) {
    if (isStopped()) throw new SqlError('ODPS-0010000', null, 'the instance was stopped')
    const isLast = i === statements.length - 1
    const recordSuccess = isLast ? context.recordSuccess : async (): Promise<void> => {}
    const resultId = isLast ? context.resultId : `${context.resultId}_${i}`
    result = await runStatement({ ...context, recordSuccess, resultId }, statement)
  }
  return result
}
