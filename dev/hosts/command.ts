/** Runs the tools that the bed consists of. Each failure is a BedError that names the command. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'

import { BedError } from './bed-error.ts'

const TIMEOUT_MS = 60_000
/** Of one command; what is beyond is cut off, and said to be. */
const OUTPUT_CHARS_MAX = 4 << 20

export interface CommandOptions {
  readonly stdin?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly timeoutMs?: number
}

export interface CommandEnd {
  /** As shells count: 128 + n after signal n. */
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Resolves with its standard output. Rejects with COMMAND_FAILED unless it ends with status 0. */
export async function run(
  file: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const { status, stdout, stderr } = await runAny(file, args, options)
  if (status === 0) return stdout
  throw new BedError(
    'COMMAND_FAILED',
    `${file} ${args.join(' ')}: status ${status}: ${(stderr || stdout).trim().slice(-2_000)}`,
  )
}

/** The same for a command whose failure is an answer. Rejects only when it cannot be run, or takes too long. */
export async function runAny(
  file: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandEnd> {
  // A group of its own: what the command has started ends with it when the time is over.
  const child = spawn(file, args, { env: options.env ?? process.env, detached: true })
  const stdout = collect(child.stdout)
  const stderr = collect(child.stderr)
  child.stdin.on('error', () => {}) // it may end without having read everything
  child.stdin.end(options.stdin ?? '')
  const { timeoutMs = TIMEOUT_MS } = options
  let late = false
  const timer = setTimeout(() => {
    late = true
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  }, timeoutMs)
  try {
    // 'exit', not 'close': a daemon that the command leaves behind may keep its output open.
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
    await Promise.race([Promise.all([stdout.ended, stderr.ended]), onceQuiet()])
    if (late) throw tooLate(file, args, timeoutMs, `${stdout.text()}${stderr.text()}`)
    return {
      status: code ?? 128 + signalNumber(signal),
      stdout: stdout.text(),
      stderr: stderr.text(),
    }
  } catch (cause) {
    if (cause instanceof BedError) throw cause
    throw new BedError('COMMAND_FAILED', `${file} cannot be run: ${String(cause)}`, { cause })
  } finally {
    clearTimeout(timer)
    child.stdout.destroy()
    child.stderr.destroy()
  }
}

const QUIET_MS = 200

function onceQuiet(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, QUIET_MS))
}

function collect(stream: NodeJS.ReadableStream): { ended: Promise<void>; text: () => string } {
  let text = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    if (text.length < OUTPUT_CHARS_MAX) text += chunk
    else if (!text.endsWith('[cut off]')) text += '[cut off]'
  })
  const ended = new Promise<void>((resolve) => stream.once('end', resolve).once('close', resolve))
  return { ended, text: () => text }
}

function tooLate(file: string, args: readonly string[], timeoutMs: number, said: string): BedError {
  const message = `${file} ${args.join(' ')}: not over after ${timeoutMs / 1000} s: ${said.slice(-2_000)}`
  return new BedError('COMMAND_TIMEOUT', message)
}

function signalNumber(signal: NodeJS.Signals | null): number {
  return signal === 'SIGKILL' ? 9 : 15
}
