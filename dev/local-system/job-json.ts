/** The JSON of a job from a topic to a table, with the keys that DataWorks uses. */

export interface JobJsonOptions {
  readonly kafkaDatasource: string
  readonly topic: string
  readonly maxComputeDatasource: string
  readonly table: string
  /** Such as `ds=20250101`; absent for a table without partitions. */
  readonly partition?: string
  /** [what of the record, table column]: `['__offset__', 'kafka_offset']`, `['buyer.name', 'buyer']`. */
  readonly columns: readonly (readonly [string, string])[]
  /** true: the run replaces what the table or partition holds. */
  readonly truncate: boolean
  /** Slices in flight over all agents. */
  readonly concurrent: number
  readonly reader?: Readonly<Record<string, unknown>>
  readonly writer?: Readonly<Record<string, unknown>>
  /** How many records may be unusable; 0 when absent. */
  readonly errorLimit?: number
}

/** From the topic's beginning to its end, unless `reader` says otherwise. */
export function jobJson(options: JobJsonOptions): object {
  const reader = {
    datasource: options.kafkaDatasource,
    topic: options.topic,
    keyType: 'STRING',
    valueType: 'STRING',
    column: options.columns.map(([source]) => source),
    ...(options.reader ?? { beginOffset: 'seekToBeginning', endType: 'latest' }),
  }
  const writer = {
    datasource: options.maxComputeDatasource,
    table: options.table,
    ...(options.partition === undefined ? {} : { partition: options.partition }),
    truncate: options.truncate,
    column: options.columns.map(([, column]) => column),
    ...options.writer,
  }
  return {
    type: 'job',
    version: '2.0',
    steps: [
      { stepType: 'kafka', name: 'Reader', category: 'reader', parameter: reader },
      { stepType: 'odps', name: 'Writer', category: 'writer', parameter: writer },
    ],
    order: { hops: [{ from: 'Reader', to: 'Writer' }] },
    setting: {
      errorLimit: { record: options.errorLimit ?? 0 },
      speed: { throttle: false, concurrent: options.concurrent },
    },
  }
}
