/** A run's progress as one line. Pure: figures and width in, text out. */
import type { RunProgress } from '../control-plane/run/run-port.ts'
import { cutDisplay, displayWidth } from './display-width.ts'
import { formatBytes, formatClock, formatCount } from './format.ts'
import type { Rates } from './rate-window.ts'

const BAR_WIDTH_MAX = 30
const BAR_WIDTH_MIN = 8

/**
 * `run 12 staging  [█████████▌········]  52%  5,200,000/10,000,000 rows  84.2 MB/s  13/25 slices  ETA 0:12`
 *
 * What does not fit is left out from the right; the bar shrinks first.
 * @param width columns of the terminal
 */
export function renderProgressBar(progress: RunProgress, rates: Rates, width: number): string {
  const head = `run ${progress.runId} ${statusWord(progress)}`
  const parts = progressParts(progress, rates)
  for (let kept = parts.length; kept >= 0; kept--) {
    const tail = parts
      .slice(0, kept)
      .map((part) => `  ${part}`)
      .join('')
    const room = width - displayWidth(head) - displayWidth(tail) - 4
    if (room >= BAR_WIDTH_MIN) {
      const bar = renderBar(fractionDone(progress), Math.min(room, BAR_WIDTH_MAX))
      return `${head}  [${bar}]${tail}`
    }
  }
  return cutDisplay(head, width)
}

/** The same without a bar: for a log or a pipe. */
export function renderProgressLine(progress: RunProgress, rates: Rates): string {
  return [`run ${progress.runId} ${statusWord(progress)}`, ...progressParts(progress, rates)].join(
    '  ',
  )
}

/** 0..1; never 1 before the run has succeeded. */
export function fractionDone(progress: RunProgress): number {
  if (progress.state === 'succeeded') return 1
  if (progress.rowsExpected > 0) return Math.min(0.999, progress.rows / progress.rowsExpected)
  if (progress.slicesTotal > 0) return Math.min(0.999, progress.slicesStaged / progress.slicesTotal)
  return 0
}

function statusWord(progress: RunProgress): string {
  return progress.phase === '' ? progress.state : progress.phase
}

function progressParts(progress: RunProgress, rates: Rates): string[] {
  const isOver = progress.finishedAtMs !== null
  // Nothing is known of the work yet: figures would be noise.
  if (!isOver && progress.slicesTotal === 0) {
    return progress.waitingFor === null ? [] : [`waiting: ${progress.waitingFor}`]
  }
  const expected = progress.rowsExpected > 0 ? `/${formatCount(progress.rowsExpected)}` : ''
  const parts = [
    `${Math.floor(fractionDone(progress) * 100)}%`.padStart(4),
    // Offsets are an upper bound of the rows: once the run is over, only what came is shown.
    `${formatCount(progress.rows)}${isOver ? '' : expected} rows`,
  ]
  if (isOver) parts.push(formatBytes(progress.bytesRead), ...averages(progress))
  else if (progress.waitingFor !== null) parts.push(`waiting: ${progress.waitingFor}`)
  else parts.push(`${formatBytes(rates.bytesPerSecond)}/s`)
  parts.push(`${progress.slicesStaged}/${progress.slicesTotal} slices`)
  if (progress.dirtyRecords > 0) parts.push(`${formatCount(progress.dirtyRecords)} dirty`)
  if (!isOver && progress.waitingFor === null) parts.push(`ETA ${eta(progress, rates)}`)
  return parts
}

function averages(progress: RunProgress): string[] {
  if (progress.startedAtMs === null || progress.finishedAtMs === null) return []
  const elapsedMs = progress.finishedAtMs - progress.startedAtMs
  const perSecond =
    elapsedMs > 0 ? `${formatBytes((progress.bytesRead * 1000) / elapsedMs)}/s` : null
  return [...(perSecond === null ? [] : [perSecond]), `in ${formatClock(elapsedMs)}`]
}

function eta(progress: RunProgress, rates: Rates): string {
  const rest = progress.rowsExpected - progress.rows
  if (progress.rowsExpected === 0 || rates.rowsPerSecond <= 0 || rest < 0) return '-:--'
  return formatClock((rest / rates.rowsPerSecond) * 1000)
}

/** Eighths of a column, so that a slow run still moves. */
function renderBar(fraction: number, width: number): string {
  const eighths = Math.floor(Math.min(1, Math.max(0, fraction)) * width * 8)
  const full = Math.floor(eighths / 8)
  const part = full < width ? (['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8] ?? '') : ''
  const bar = '█'.repeat(full) + part
  return bar + '·'.repeat(width - full - (part === '' ? 0 : 1))
}
