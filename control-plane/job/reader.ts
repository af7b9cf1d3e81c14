/** The Kafka reader's parameters, of both generations (inline `server`, named `datasource`). */
import { readDataSourceName } from './datasource-name.ts'
import type { Fields } from './fields.ts'
import type { ColumnSource, DataFormat, FieldType, KafkaReader, ReaderSource } from './job.ts'
import { readAddresses } from './kafka-addresses.ts'
import type { ConsumerSettings } from './kafka-config.ts'
import {
  FETCH_BYTES_MAX,
  FETCH_WAIT_MS_MAX,
  SECURITY_KEYS,
  kafkaConfigFields,
  readConsumerSettings,
} from './kafka-config.ts'
import { securityFromConfig } from './kafka-security.ts'
import { COLUMNS_MAX, readColumnSource } from './reader-columns.ts'
import { readWindow } from './reader-window.ts'
import type { KafkaSecrets } from './source.ts'
import { readTimeZone } from './time-zone.ts'

const FIELD_TYPES = ['bytearray', 'double', 'float', 'integer', 'long', 'short', 'string'] as const
const TOPIC = /^[A-Za-z0-9._-]{1,249}$/
const TOPIC_PARTITION_MAX = 2 ** 31 - 1
const WAIT_SECONDS_DEFAULT = 60
const WAIT_SECONDS_MAX = 86_400

export interface ReadReader {
  /** null: something is missing or wrong, and reported. */
  readonly reader: KafkaReader | null
  readonly secrets: KafkaSecrets | null
  /** For comparing with the writer, also when something else is wrong; null: no usable list. */
  readonly columnCount: number | null
}

/** `timeZone` is the job's: it holds where the reader names none. */
export function readReader(fields: Fields, timeZone: string): ReadReader {
  const config = kafkaConfigFields(fields)
  const settings = readConsumerSettings(config)
  const { source, secrets } = readSource(fields, config)
  config?.finish()
  const topic = readTopic(fields)
  const window = readWindow(fields, readTimeZone(fields, 'timeZone') ?? timeZone)
  const dataFormat = readDataFormat(fields)
  const columns = readColumns(fields, dataFormat)
  const keyType = readFieldType(fields, 'keyType')
  const valueType = readFieldType(fields, 'valueType')
  const groupId = readGroupId(fields, settings)
  if (window.begin?.kind === 'groupOffset' && groupId === null) {
    fields.require('groupId', "the begin is the group's committed offset, so a group must be named")
  }
  checkValueType(fields, valueType, columns)
  const rest = {
    topicPartition: fields.integer('partition', 0, TOPIC_PARTITION_MAX),
    groupId,
    encoding: readEncoding(fields, 'encoding'),
    headerEncoding: readEncoding(fields, 'headerEncoding'),
    dataFormat,
    autoOffsetReset: readAutoOffsetReset(fields, settings),
    isolation: settings.isolation ?? 'read_committed',
    fetch: {
      ...settings.fetch,
      minBytes: fields.integer('fetchMinBytes', 1, FETCH_BYTES_MAX) ?? settings.fetch.minBytes,
      maxWaitMs: fields.integer('fetchMaxWaitMs', 0, FETCH_WAIT_MS_MAX) ?? settings.fetch.maxWaitMs,
    },
    ...readPollLoop(fields),
  } as const
  fields.finish()
  const columnCount = columns?.length ?? null
  const { begin, end } = window
  if (rest.topicPartition === null && (begin?.kind === 'offset' || end?.kind === 'offset')) {
    const message = 'No "partition" is given: the offset counts in every topic partition.'
    const key = begin?.kind === 'offset' ? 'beginOffset' : 'endOffset'
    fields.problems.noteAt('defaulted', fields.place(key), message)
  }
  if (source === null || topic === null || begin === null || end === null) {
    return { reader: null, secrets, columnCount }
  }
  if (columns === null || keyType === null || valueType === null) {
    return { reader: null, secrets, columnCount }
  }
  const complete = columns.filter((column) => column !== null)
  const reader = { source, topic, begin, end, keyType, valueType, columns: complete, ...rest }
  return { reader, secrets, columnCount }
}

function readSource(
  fields: Fields,
  config: Fields | null,
): { source: ReaderSource | null; secrets: KafkaSecrets | null } {
  const name = readDataSourceName(fields)
  const servers = readAddresses(fields, 'server')
  if (fields.has('datasource')) {
    if (fields.has('server')) {
      const message = '"server" and "datasource" exclude each other; keep one of the two.'
      fields.problems.errorAt('conflict', fields.place('server'), message)
    }
    config?.unsupported(SECURITY_KEYS, 'how to log in is said in the data source')
    return { source: name === null ? null : { kind: 'datasource', name }, secrets: null }
  }
  const security = securityFromConfig(config)
  if (!fields.has('server')) {
    fields.require('datasource', 'the name of a Kafka data source (or "server", host:port)')
  }
  if (servers.length === 0) return { source: null, secrets: null }
  const { sasl, tls, secrets } = security
  const kafka = { kind: 'kafka', bootstrapServers: servers, sasl, tls } as const
  return { source: { kind: 'inline', kafka }, secrets }
}

function readTopic(fields: Fields): string | null {
  fields.require('topic', 'the topic to read')
  const text = fields.text('topic')
  if (text === null || TOPIC.test(text.value)) return text?.value ?? null
  const rule = 'one topic; letters, digits, ".", "_" and "-", at most 249'
  const message = `"${text.value}" cannot be a topic's name: ${rule}.`
  fields.problems.error('bad-format', text, message, rule)
  return null
}

function readFieldType(fields: Fields, key: string): FieldType | null {
  fields.require(key, `one of ${FIELD_TYPES.join(', ')}`)
  return fields.choice(key, FIELD_TYPES)
}

function readGroupId(fields: Fields, settings: ConsumerSettings): string | null {
  const groupId = fields.textValue('groupId')
  if (groupId !== null && settings.groupId !== null && groupId !== settings.groupId) {
    const message = `"groupId" wins over the group.id of "kafkaConfig" (${settings.groupId}).`
    fields.problems.noteAt('no-effect', fields.place('kafkaConfig'), message)
  }
  return groupId ?? settings.groupId
}

function readAutoOffsetReset(
  fields: Fields,
  settings: ConsumerSettings,
): KafkaReader['autoOffsetReset'] {
  const own = fields.choice('autoOffsetReset', ['none', 'earliest', 'latest'])
  return own ?? settings.autoOffsetReset ?? 'none'
}

function readDataFormat(fields: Fields): DataFormat {
  const kind = fields.choice('dataFormat', ['json', 'text']) ?? 'json'
  // Blanks count: a tab is a delimiter.
  const raw = fields.raw('fieldDelimiter')
  const delimiter = raw?.kind === 'string' ? raw.value : ''
  if (kind === 'text') {
    if (delimiter === '' || raw?.kind !== 'string') {
      const message =
        '"fieldDelimiter" is missing: dataFormat text needs what separates the fields.'
      fields.problems.errorAt('missing', fields.place('fieldDelimiter'), message, 'a text')
    }
    return { kind, fieldDelimiter: delimiter }
  }
  if (raw !== null && delimiter !== '') {
    const message = '"fieldDelimiter" has no effect: it separates the fields of dataFormat text.'
    fields.problems.note('no-effect', raw, message)
  }
  return { kind }
}

/** Wrong items are null, so that the count stays comparable; null: no usable list. */
function readColumns(fields: Fields, format: DataFormat): (ColumnSource | null)[] | null {
  fields.require('column', 'the list of columns, such as ["__key__", "__value__"]')
  const list = fields.array('column')
  if (list === null) return null
  if (list.items.length === 0 || list.items.length > COLUMNS_MAX) {
    const message = `"column" must list 1 to ${COLUMNS_MAX} columns, but lists ${list.items.length}.`
    fields.problems.error('out-of-range', list, message, `1 to ${COLUMNS_MAX}`)
    return null
  }
  return list.items.map((item) => readColumnSource(item, format, fields.problems))
}

function checkValueType(
  fields: Fields,
  valueType: FieldType | null,
  columns: readonly (ColumnSource | null)[] | null,
): void {
  if (valueType === null || valueType === 'string' || valueType === 'bytearray') return
  const inValue = columns?.some((column) => column?.kind === 'path' || column?.kind === 'field')
  if (inValue !== true) return
  const message = `valueType ${valueType} has nothing inside, but "column" takes data from the value; use string or bytearray.`
  fields.problems.errorAt('conflict', fields.place('valueType'), message, 'string, bytearray')
}

function readEncoding(fields: Fields, key: string): string {
  const text = fields.text(key)
  if (text === null) return 'utf-8'
  try {
    return new TextDecoder(text.value).encoding
  } catch {
    const message = `"${text.value}" is no encoding that is known here; UTF-8, GBK, GB18030 and others are.`
    fields.problems.error('not-allowed', text, message, 'an encoding such as UTF-8')
    return 'utf-8'
  }
}

function readPollLoop(
  fields: Fields,
): Pick<
  KafkaReader,
  'skipExceedRecord' | 'stopWhenPollEmpty' | 'stopWhenReachEndOffset' | 'waitSeconds'
> {
  const wait = fields.spelling('waitTime', 'waitTIme')
  const values = {
    skipExceedRecord: fields.boolean('skipExceedRecord') ?? false,
    stopWhenPollEmpty: fields.boolean('stopWhenPollEmpty') ?? false,
    stopWhenReachEndOffset: fields.boolean('stopWhenReachEndOffset') ?? false,
    waitSeconds: fields.integer(wait, 0, WAIT_SECONDS_MAX) ?? WAIT_SECONDS_DEFAULT,
  }
  fields.noEffect(
    ['skipExceedRecord'],
    'a run reads exactly its planned offsets, so no record beyond the end is ever read',
  )
  fields.noEffect(
    ['stopWhenPollEmpty', 'stopWhenReachEndOffset', wait],
    'the end is fixed when the run is planned, so idle topic partitions are not waited for',
  )
  fields.noEffect(['sessionTimeoutMs'], 'the topic is read without a consumer group')
  fields.noEffect(['envType'], 'Sluice has no separate development environment')
  return values
}
