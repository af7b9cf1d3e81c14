/** Log lines as people read them, and paging through them. */
import type { LogLineShape, LogPage } from '../../control-plane/api/shapes/run.ts'

export const LOG_AFTER_HELP = 'leave out lines up to this id (0: none)'

/** `2026-11-22T18:00:00.000Z INFO  agent-1 slice-3#1  message key=value` */
export function logLine(line: LogLineShape): string {
  const work = line.workId === '' ? '' : ` ${line.workId}#${line.attempt}`
  const who = line.agent ?? 'control-plane'
  const level = line.level.toUpperCase().padEnd(5)
  const head = `${new Date(line.atMs).toISOString()} ${level} ${who}${work}`
  return printable(`${head}  ${line.message}${fieldsText(line.fields)}`)
}

/** All pages from `after` on, one line at a time. */
export async function* allLogLines(
  fetchPage: (after: number) => Promise<LogPage>,
  after: number,
): AsyncGenerator<LogLineShape, void, void> {
  let next: number | null = after
  while (next !== null) {
    const page: LogPage = await fetchPage(next)
    yield* page.items
    next = page.nextAfter
  }
}

function fieldsText(fields: unknown): string {
  if (typeof fields !== 'object' || fields === null) return ''
  return Object.entries(fields)
    .map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('')
}

/** A record's bytes must not be able to steer the terminal. */
function printable(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n\t]/gu, '�')
}
