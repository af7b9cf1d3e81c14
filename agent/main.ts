/** The agent's process: `enrol` once, then `run`. Wires and nothing else. */
import { Command, CommanderError } from 'commander'
import { destination } from 'pino'
import type { Logger } from 'pino'

import { systemClock } from '../lib/clock.ts'
import { readConfig } from './config.ts'
import type { AgentConfig, AgentFlags } from './config.ts'
import { createDiagnose } from './doctor/diagnose.ts'
import { channelsFor } from './host/capacity.ts'
import { readCapacity } from './host/cgroup.ts'
import { readHostFacts } from './host/facts.ts'
import { EXIT_UPGRADE } from './launcher/upgrade-file.ts'
import { AgentError } from './link/agent-error.ts'
import { becomeNew, finishBecoming } from './link/become-new.ts'
import { enrolAndStay } from './link/enrol.ts'
import type { Enrolment } from './link/enrol.ts'
import { loadIdentity, makeStateDir, saveIdentity } from './link/identity.ts'
import { leaveForGood } from './link/leave.ts'
import type { SupervisorOutcome } from './link/supervisor.ts'
import { createAgentLog } from './loops/agent-log.ts'
import { LogRing } from './loops/log-ring.ts'
import { RecentLines } from './loops/recent-lines.ts'
import { startAgent } from './start-agent.ts'
import type { RunningAgent } from './start-agent.ts'
import { lockStateDir } from './state-lock.ts'
import { AGENT_VERSION } from './version.ts'
import { createWorkExecutor } from './work/executor.ts'

/** As in sysexits.h. A service manager should not start an agent again that ended with 78. */
const EXIT_FAILED = 1
const EXIT_UNAVAILABLE = 69
const EXIT_CONFIG = 78

/** The agent's command line; `sluice agent run` and `sluice agent enrol` hand theirs to it. */
export function agentProgram(): Command {
  const agent = new Command('sluice agent')
    .description('Moves data for the control plane that it is enrolled with.')
    .version(AGENT_VERSION)
    .helpCommand(false)
    .showHelpAfterError('(--help shows what is possible)')
    .exitOverride()
  withCommonOptions(agent.command('enrol'))
    .description('Become an agent of a control plane.')
    .option('--force', 'forget an earlier identity and become a new agent')
    .action(async (flags: AgentFlags) => enrolOnce(await configOf(flags)))
  withCommonOptions(agent.command('run'))
    .description('Run; with --link and a token, enrol first when that has not been done.')
    .option('--channels <n>', 'slices at once (SLUICE_CHANNELS, default auto: by CPU and memory)')
    .option('--offline-budget-seconds <n>', 'work goes on without control plane for so long (600)')
    .option('--reconnect-max-seconds <n>', 'longest delay between two connections (10)')
    .option('--drain-seconds <n>', 'on SIGTERM, running work may take so long (30)')
    .action(async (flags: AgentFlags) => run(await configOf(flags)))
  agent
    .command('leave')
    .description('Tell the control plane that this host is no agent any more.')
    .option('--state-dir <dir>', 'of the agent (SLUICE_STATE_DIR)')
    .action(async (flags: AgentFlags) => leave(await configOf(flags)))
  return agent
}

async function configOf(flags: AgentFlags): Promise<AgentConfig> {
  const config = await readConfig(flags, process.env)
  delete process.env['SLUICE_ENROL_TOKEN'] // nothing that is started from here inherits it
  return config
}

function withCommonOptions(command: Command): Command {
  return command
    .option('--state-dir <dir>', 'identity and results are kept here (SLUICE_STATE_DIR)')
    .option('--link <host:port>', "of the control plane's agent link (SLUICE_LINK)")
    .option('--token-file <file>', 'file that holds the enrolment token')
    .option(
      '--token <token>',
      'seen by every user of the host: prefer SLUICE_ENROL_TOKEN or --token-file',
    )
    .option('--name <name>', 'name of the agent (SLUICE_AGENT_NAME, default: the hostname)')
    .option('--log-level <level>', 'debug, info, warn or error (SLUICE_LOG_LEVEL, default info)')
}

async function enrolOnce(config: AgentConfig): Promise<void> {
  const { log } = openLog(config)
  await makeStateDir(config.stateDir)
  const unlock = await lockStateDir(config.stateDir)
  const { identity, client } = await enrol(config)
  const { agentId, name, group } = identity
  client?.close()
  unlock()
  log.info({ agentId, name, group }, 'enrolled')
}

async function leave({ stateDir }: AgentConfig): Promise<void> {
  const unlock = await lockStateDir(stateDir)
  const name = await leaveForGood(stateDir, await readHostFacts())
  unlock()
  console.error(`agent ${name} has left`)
}

async function run(config: AgentConfig): Promise<void> {
  const logging = openLog(config)
  const { log } = logging
  await makeStateDir(config.stateDir)
  const unlock = await lockStateDir(config.stateDir)
  await finishBecoming(config.stateDir)
  const enrolment = await identityToRun(config)
  let { identity } = enrolment
  let outcome = await runAs(enrolment, config, logging)
  while (outcome.kind === 'becomeNew') {
    log.warn({ reason: outcome.message }, 'this copy of an agent enrols as an agent of its own')
    const { server } = identity
    const { enrolToken: token } = outcome
    const facts = await readHostFacts()
    identity = await becomeNew({ server, token, stateDir: config.stateDir, name: '', facts })
    outcome = await runAs({ identity, client: null }, config, logging)
  }
  unlock()
  if (outcome.kind === 'restart') {
    log.info('the agent makes room for another release')
    process.exitCode = EXIT_UPGRADE
    return
  }
  if (outcome.kind === 'fatal') throw new AgentError('FENCED', outcome.message)
  log.info('agent has stopped')
}

async function runAs(
  { identity, client }: Enrolment,
  config: AgentConfig,
  { log, ring, recent }: ReturnType<typeof openLog>,
): Promise<SupervisorOutcome> {
  const agent = await startAgent({
    identity,
    firstClient: client,
    stateDir: config.stateDir,
    executor: createWorkExecutor({
      channels: await channelsToRun(config, log),
      diagnose: createDiagnose({
        stateDir: config.stateDir,
        recent,
        logFile: process.env['SLUICE_LOG_FILE'] ?? null,
        env: process.env,
      }),
    }),
    settings: config.settings,
    clock: systemClock,
    random: Math.random,
    ring,
    log,
  })
  log.info({ agentId: identity.agentId, name: identity.name, version: AGENT_VERSION }, 'agent runs')
  const letGo = stopOnSignals(agent, log)
  const outcome = await agent.done
  letGo()
  return outcome
}

/** As configured, else as many as the host carries. */
async function channelsToRun({ channels }: AgentConfig, log: Logger): Promise<number> {
  const capacity = await readCapacity()
  const measured = channelsFor(capacity)
  log.info({ ...capacity, measured, channels: channels ?? measured }, 'capacity')
  return channels ?? measured
}

/** As enrolled; the address may be given anew, after the control plane has moved. */
async function identityToRun(config: AgentConfig): Promise<Enrolment> {
  const known = await loadIdentity(config.stateDir)
  if (known === null) return enrol(config)
  if (config.server === null) return { identity: known, client: null }
  const identity = { ...known, server: config.server }
  await saveIdentity(config.stateDir, identity)
  return { identity, client: null }
}

async function enrol(config: AgentConfig): Promise<Enrolment> {
  const { server, token, stateDir, name, force } = config
  if (server === null || token === null) {
    throw new AgentError(
      'NOT_ENROLLED',
      `${stateDir} holds no identity: give --link and a token (SLUICE_ENROL_TOKEN or --token-file)`,
    )
  }
  return enrolAndStay({ server, token, stateDir, name, facts: await readHostFacts(), force })
}

/** The first signal drains, a second one ends the process at once. Returns what takes this back. */
function stopOnSignals(agent: RunningAgent, log: Logger): () => void {
  const onSignal = (signal: NodeJS.Signals): void => {
    log.info({ signal }, 'the agent drains')
    process.once(signal, () => process.exit(EXIT_FAILED))
    void agent.stop()
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, onSignal)
  return () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.off(signal, onSignal)
  }
}

interface OpenLog {
  readonly log: Logger
  readonly ring: LogRing
  readonly recent: RecentLines
}

function openLog({ logLevel }: AgentConfig): OpenLog {
  const recent = new RecentLines()
  const ring = new LogRing(() => Date.now())
  const stderr = destination({ fd: 2, sync: true })
  const log = createAgentLog({ level: logLevel, destination: stderr, ring, recent })
  return { log, ring, recent }
}

function exitCode(error: unknown): number {
  if (!(error instanceof AgentError)) return EXIT_FAILED
  return error.code === 'UNREACHABLE' ? EXIT_UNAVAILABLE : EXIT_CONFIG
}

/** `args` without the runtime and the script. Resolves with the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    await agentProgram().parseAsync([...args], { from: 'user' })
    return typeof process.exitCode === 'number' ? process.exitCode : 0 // EXIT_UPGRADE
  } catch (error) {
    // commander has printed its message already; help and version are no errors.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_CONFIG
    console.error(error instanceof AgentError ? `${error.code}: ${error.message}` : error)
    return exitCode(error)
  }
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2))
