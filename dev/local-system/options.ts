/** What a local system can be told. Everything but the directory has a default. */
export interface LocalSystemOptions {
  /** All state, logs and keys; a system started on it again is the same one. */
  readonly stateDir: string
  /** Agents to enrol and start; 2 when absent, 0 is possible. */
  readonly agents?: number
  /** Slices at once an agent; 2 when absent. */
  readonly channels?: number
  /** The resource group of the agents, made when it is missing; `idc` when absent. */
  readonly group?: string
  /** host:port of a Kafka that runs already; KAFKA_BOOTSTRAP when absent; null: start one in any case. */
  readonly kafkaBootstrap?: string | null
  /** Of the Kafka that is started; 512 when absent. */
  readonly kafkaHeapMb?: number
  /** Kafka answers about 1.5 s earlier, and is slower under load: for tests. */
  readonly fastStart?: boolean
  /** The MaxCompute project; `demo_project` when absent. */
  readonly project?: string
  /** The endpoint verifies blocks and throws their rows away: for the benchmark. */
  readonly discard?: boolean
  /** The endpoint serves `/__faults`. */
  readonly faults?: boolean
  /** How long a silent agent counts as alive; the control plane's default when absent. */
  readonly leaseMs?: number
  readonly sliceBytesMax?: number
  /** A PostgreSQL server instead of the embedded store. */
  readonly databaseUrl?: string
  /** Of all processes; `info` when absent. */
  readonly logLevel?: string
  /** More flags of `agent run`, such as `--reconnect-max-seconds=1`. */
  readonly agentFlags?: readonly string[]
  /** Aborted while the system starts: what runs already is killed, and the start rejects. */
  readonly signal?: AbortSignal
  /** Told before each step that takes a while, in words for a user. */
  readonly onStep?: (step: string) => void
}

export const DEFAULT_GROUP = 'idc'
export const DEFAULT_PROJECT = 'demo_project'
export const DEFAULT_AGENTS = 2
export const DEFAULT_CHANNELS = 2
