import { insertLogLines } from '../log-lines/insert-log-lines.ts'
import { openStore } from '../open-store.ts'
/**
 * The process that the kill -9 test kills: opens the embedded store of the directory in its first
 * argument, and says each number on its output after the row that holds it was acknowledged.
 */
import { addGroup, addJob, addRun } from './rows.ts'

const dataDir = process.argv[2]
if (dataDir === undefined) throw new Error('usage: write-until-killed <data directory>')
const db = await openStore({ dataDir, databaseUrl: null })
const runId = await addRun(db, (await addJob(db)).id, (await addGroup(db)).id)
const line = { runId, agentId: null, workId: '', atMs: 0, level: 'info', fields: null }
for (let number = 0; ; number += 1) {
  const message = `${number} `.padEnd(1_000, 'x')
  if (number % 2 === 0) await insertLogLines(db, [{ ...line, attempt: number, message }])
  else {
    await db.transaction(async (tx) => {
      await insertLogLines(tx, [{ ...line, attempt: number, message }])
      await insertLogLines(tx, [{ ...line, attempt: number, message }])
    })
  }
  process.stdout.write(`${runId} ${number}\n`)
}
