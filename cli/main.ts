/** `sluice`: a client of the API. `up` and `agent run` start the two long-running processes. */
import { CommanderError } from 'commander'

import { ClientError, UsageError } from './client-error.ts'
import { EXIT, type ExitCode, exitCodeOf } from './exit-codes.ts'
import { createProgram } from './program.ts'
import { type Act, newSession } from './session.ts'

/** 128 + SIGPIPE: whoever read our output, `head` for one, has gone. */
const EXIT_BROKEN_PIPE = 141

const TOKEN_HINT =
  'Set SLUICE_TOKEN, or SLUICE_TOKEN_FILE: the first token is in admin.token in the data directory.\n'

const interrupt = new AbortController()
let exit: ExitCode = EXIT.ok
let isListening = false

const act: Act =
  (work) =>
  async (...args) => {
    exit = (await work(newSession(heardInterrupt), ...args)) ?? EXIT.ok
  }

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? EXIT_BROKEN_PIPE : EXIT.failed)
})

try {
  await createProgram(act).parseAsync()
} catch (error) {
  exit = interrupt.signal.aborted ? EXIT.interrupted : report(error)
}
process.exitCode = exit

/** From now on the first signal asks the command to end, and the second one ends it. */
function heardInterrupt(): AbortSignal {
  if (!isListening) {
    isListening = true
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal)
  }
  return interrupt.signal
}

function onSignal(): void {
  if (interrupt.signal.aborted) process.exit(EXIT.interrupted)
  interrupt.abort()
}

/** Says on stderr what went wrong. */
function report(error: unknown): ExitCode {
  // commander has printed its message already; help and version are no errors.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  if (error instanceof UsageError) {
    process.stderr.write(`sluice: ${error.message}\n`)
    return EXIT.usage
  }
  if (error instanceof ClientError) {
    process.stderr.write(`sluice: ${error.message}\n`)
    const others = error.problems.filter((problem) => problem.message !== error.message)
    for (const problem of others) process.stderr.write(`  ${problem.path}  ${problem.message}\n`)
    if (error.code === 'UNAUTHENTICATED') process.stderr.write(TOKEN_HINT)
    return exitCodeOf(error)
  }
  process.stderr.write(`sluice: ${error instanceof Error ? error.message : String(error)}\n`)
  return EXIT.failed
}
