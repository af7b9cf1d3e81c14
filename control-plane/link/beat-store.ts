import type { AgentSample } from '../store/agent-samples/agent-sample.ts'
import type { AgentHeartbeat } from '../store/agents/record-heartbeats.ts'

/** Where beats go. wiring/ gives it through store statements; tests keep them in memory. */
export interface BeatStore {
  /** Each agent at most once. Those whose session is over are passed over. */
  saveBeats(beats: readonly AgentHeartbeat[]): Promise<void>
  /** Each minute of an agent at most once. Those of deleted agents are passed over. */
  saveSamples(samples: readonly AgentSample[]): Promise<void>
}
