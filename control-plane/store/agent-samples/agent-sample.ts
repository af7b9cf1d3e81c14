/** A minute of an agent. Figures are means over the minute's beats, but those named Max. */
export interface AgentSample {
  readonly agentId: string
  /** Start of the minute. */
  readonly atMs: number
  readonly beats: number
  readonly cpuPercent: number
  readonly cpuPercentMax: number
  readonly memoryUsedBytes: number
  readonly memoryTotalBytes: number
  readonly processRssBytes: number
  readonly load1: number
  readonly diskFreeBytes: number
  /** A second. */
  readonly networkReceivedBytes: number
  /** A second. */
  readonly networkSentBytes: number
  readonly clockOffsetMs: number
  readonly roundTripMsMax: number
  readonly channels: number
  readonly busyChannelsMax: number
}

/** How a column of a minute comes about when parts of it are put together. */
type Fold = 'mean' | 'max'

/** The figures' columns: name in SQL, name here, type, and how two parts of a minute are folded. */
export const SAMPLE_FIGURES: readonly (readonly [
  string,
  Exclude<keyof AgentSample, 'agentId' | 'atMs' | 'beats'>,
  'real' | 'bigint' | 'integer',
  Fold,
])[] = [
  ['cpu_percent', 'cpuPercent', 'real', 'mean'],
  ['cpu_percent_max', 'cpuPercentMax', 'real', 'max'],
  ['memory_used_bytes', 'memoryUsedBytes', 'bigint', 'mean'],
  ['memory_total_bytes', 'memoryTotalBytes', 'bigint', 'mean'],
  ['process_rss_bytes', 'processRssBytes', 'bigint', 'mean'],
  ['load1', 'load1', 'real', 'mean'],
  ['disk_free_bytes', 'diskFreeBytes', 'bigint', 'mean'],
  ['network_received_bytes', 'networkReceivedBytes', 'bigint', 'mean'],
  ['network_sent_bytes', 'networkSentBytes', 'bigint', 'mean'],
  ['clock_offset_ms', 'clockOffsetMs', 'integer', 'mean'],
  ['round_trip_ms_max', 'roundTripMsMax', 'integer', 'max'],
  ['channels', 'channels', 'integer', 'max'],
  ['busy_channels_max', 'busyChannelsMax', 'integer', 'max'],
]
