/**
 * A job as the rest of Sluice sees it: one dialect, every value typed and checked, units in the
 * names. `parseJob` makes it from the JSON that users write.
 *
 * Two keys are Sluice's own, everything else is DataWorks':
 * - `"beginType": "ledger"`: continue where this job's last committed run ended (DESIGN I5).
 * - `"setting": {"allowDuplicates": true}`: an appending run may read again what the job has
 *   committed already (DESIGN I8 refuses that otherwise).
 *
 * What ends a run: the end is resolved to an offset per topic partition when the run is planned,
 * whatever the job says (`latest`, a time, an offset). So an idle topic partition cannot hang a
 * run, no record past the end is ever written, and the parameters that steer DataWorks' poll loop
 * (`skipExceedRecord`, `stopWhenPollEmpty`, `stopWhenReachEndOffset`, `waitTime`) have nothing to
 * decide; they are kept here as they were written.
 */
import type { KafkaSource, MaxComputeSource, KafkaSecrets, MaxComputeSecrets } from './source.ts'

export interface Job {
  readonly reader: KafkaReader
  readonly writer: MaxComputeWriter
  readonly errorLimit: ErrorLimit
  readonly speed: Speed
  /** IANA name: `setting.common.column.timeZone`, else the default one; for values without a zone. */
  readonly timeZone: string
  /** DESIGN I8: the user wants ranges that were committed before to be appended again. */
  readonly allowDuplicates: boolean
}

/** Secrets that were written into the job itself; null where a named data source is used. */
export interface JobSecrets {
  readonly reader: KafkaSecrets | null
  readonly writer: MaxComputeSecrets | null
}

export type ReaderSource =
  | { readonly kind: 'datasource'; readonly name: string }
  | { readonly kind: 'inline'; readonly kafka: KafkaSource }

export interface KafkaReader {
  readonly source: ReaderSource
  readonly topic: string
  /** null: all topic partitions. */
  readonly topicPartition: number | null
  /** Group whose offsets are read (`begin: groupOffset`) and published after a commit; null: none. */
  readonly groupId: string | null
  readonly begin: Begin
  readonly end: End
  readonly keyType: FieldType
  readonly valueType: FieldType
  /** WHATWG name, lower case (`utf-8`, `gbk`): of keys and values of type string, and of JSON values. */
  readonly encoding: string
  readonly headerEncoding: string
  readonly dataFormat: DataFormat
  readonly columns: readonly ColumnSource[]
  readonly autoOffsetReset: AutoOffsetReset
  readonly isolation: 'read_committed' | 'read_uncommitted'
  readonly fetch: FetchTuning
  /** These four decide nothing here (see above). */
  readonly skipExceedRecord: boolean
  readonly stopWhenPollEmpty: boolean
  readonly stopWhenReachEndOffset: boolean
  readonly waitSeconds: number
}

/** Where reading starts, per topic partition, inclusive. */
export type Begin =
  /** The same offset in every topic partition that is read. */
  | { readonly kind: 'offset'; readonly offset: number }
  /** First record whose timestamp is at or after it. */
  | { readonly kind: 'time'; readonly epochMs: number }
  | { readonly kind: 'beginning' }
  /** The group's committed offset (`current`, `seekToLast`), as in DataWorks. */
  | { readonly kind: 'groupOffset' }
  /** The log's end (`seekToEnd`): reads nothing. */
  | { readonly kind: 'end' }
  /** This job's ledger: no gap and no overlap with its last committed run. */
  | { readonly kind: 'ledger' }

/** Where reading ends, per topic partition, exclusive; never beyond the log's end at planning. */
export type End =
  | { readonly kind: 'offset'; readonly offset: number }
  /** First record whose timestamp is at or after it; the log's end where there is none. */
  | { readonly kind: 'time'; readonly epochMs: number }
  /** The log's end when the run is planned. */
  | { readonly kind: 'latest' }

export type FieldType = 'bytearray' | 'double' | 'float' | 'integer' | 'long' | 'short' | 'string'

export type DataFormat =
  | { readonly kind: 'json' }
  /** The value is split at the delimiter; columns address its fields by number. */
  | { readonly kind: 'text'; readonly fieldDelimiter: string }

export type Attribute = 'key' | 'value' | 'partition' | 'headers' | 'offset' | 'timestamp'

export type ColumnSource =
  | { readonly kind: 'constant'; readonly text: string }
  | { readonly kind: 'attribute'; readonly attribute: Attribute }
  /** Keys from the root of the JSON value: `tag.desc` is `['tag', 'desc']`. Missing is NULL. */
  | { readonly kind: 'path'; readonly path: readonly string[] }
  /** Zero-based field of a delimited value; only with `dataFormat` text. Missing is NULL. */
  | { readonly kind: 'field'; readonly index: number }

/** What happens when the wanted start lies outside the log: fail, or go on at one of its edges. */
export type AutoOffsetReset = 'none' | 'earliest' | 'latest'

/** null: the agent's own default. */
export interface FetchTuning {
  readonly minBytes: number | null
  readonly maxWaitMs: number | null
  /** Of one Fetch response. */
  readonly maxBytes: number | null
  /** Of one topic partition in a Fetch response. */
  readonly maxPartitionBytes: number | null
}

export type WriterSource =
  | { readonly kind: 'datasource'; readonly name: string }
  | { readonly kind: 'inline'; readonly maxCompute: MaxComputeSource }

export interface MaxComputeWriter {
  readonly source: WriterSource
  /** null: the data source's schema, if it has one. */
  readonly schema: string | null
  readonly table: string
  /** Outermost level first; null: none given, so the table must not be partitioned. */
  readonly partitionSpec: readonly PartitionValue[] | null
  /** `'*'`: all data columns of the table, in its order. */
  readonly columns: readonly string[] | '*'
  /** true: the run replaces what the table or the partition holds (DESIGN I7). */
  readonly truncate: boolean
  readonly emptyAsNull: boolean
  readonly compress: boolean
  /** A run is always all or nothing here; kept as it was written. */
  readonly consistencyCommit: boolean
  /** null: the project's shared tunnel. */
  readonly tunnelQuota: string | null
  /** Values above `maxFieldBytes`: cut, written as they are, or NULL; null: the record is dirty. */
  readonly overLengthRule: 'truncate' | 'keepOn' | 'setNull' | null
  readonly maxFieldBytes: number
  /** Run before the upload and after the commit; must be idempotent. */
  readonly preSql: readonly string[]
  readonly postSql: readonly string[]
  /** Wanted size of a block; null: the planner's own. */
  readonly blockBytes: number | null
  /** Tries of one request to MaxCompute; null: the agent's own default. */
  readonly requestTriesMax: number | null
  readonly writeTimeoutMs: number | null
}

export interface PartitionValue {
  readonly key: string
  readonly value: string
}

/** The run fails as soon as more records are dirty than one of the limits says. */
export interface ErrorLimit {
  /** null: any number. */
  readonly records: number | null
  /** Share of all records, 0..1, judged when everything is read; null: not judged. */
  readonly percentage: number | null
}

export interface Speed {
  /** Slices in flight at most, 1..32. */
  readonly concurrent: number
  /** Of the whole job, over all its channels; null: not throttled. */
  readonly bytesPerSecond: number | null
}
