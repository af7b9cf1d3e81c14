import type { Database } from '../database.ts'

/** `name` where no agent has it, else the first free one of name-2, name-3, ... */
export async function freeAgentName(db: Database, name: string): Promise<string> {
  const rows = await db.query<{ name: string }>(
    `SELECT name FROM agents WHERE name = $1 OR starts_with(name, $1 || '-')`,
    [name],
  )
  const taken = new Set(rows.map((row) => row.name))
  if (!taken.has(name)) return name
  for (let number = 2; ; number += 1) {
    const candidate = `${name}-${number}`
    if (!taken.has(candidate)) return candidate
  }
}
