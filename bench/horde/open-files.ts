import { readFileSync } from 'node:fs'

/** Besides the agents' connections: the store's files, logs, timers of Node. */
const OTHER_FILES = 200

/** Why so many agents cannot be connected from here, and what to do; null: they can. */
export function openFilesProblem(agents: number): string | null {
  const limits = readFileSync('/proc/self/limits', 'utf8')
  const limit = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Infinity)
  const needed = agents + OTHER_FILES
  if (limit >= needed) return null
  return (
    `${agents} agents need ${needed} open files in each of two processes, and ${limit} are allowed: ` +
    `run "ulimit -n ${needed}" first (as root above the hard limit), or take fewer with --agents`
  )
}
