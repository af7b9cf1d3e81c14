/** `setting`: error limit, speed and time zone of a job. */
import type { Fields } from './fields.ts'
import type { ErrorLimit, Speed } from './job.ts'
import { readTimeZone } from './time-zone.ts'

const CONCURRENT_MAX = 32
const CONCURRENT_DEFAULT = 3
const MBPS_MAX = 100_000
const NOTHING_TOLERATED: ErrorLimit = { records: 0, percentage: null }

export interface Setting {
  readonly errorLimit: ErrorLimit
  readonly speed: Speed
  /** null: none given. */
  readonly timeZone: string | null
  readonly allowDuplicates: boolean
}

export function readSetting(fields: Fields): Setting {
  const setting = {
    errorLimit: readErrorLimit(fields),
    speed: readSpeed(fields),
    timeZone: readColumnTimeZone(fields),
    allowDuplicates: fields.boolean('allowDuplicates') ?? false,
  }
  fields.noEffect(['jvmOption', 'jvmMemory'], 'there is no Java process')
  fields.noEffect(
    ['executeMode'],
    "a run's slices always go to all agents of its group that have free channels",
  )
  fields.noEffect(['failoverEnable'], 'lost slices are always tried again, and never written twice')
  fields.finish()
  return setting
}

/**
 * DataWorks' two ways: `strategy` (Ignore, Tolerance, ZeroTolerance), or `record` alone, where an
 * empty text means any number. Nothing said means that nothing is tolerated.
 */
function readErrorLimit(parent: Fields): ErrorLimit {
  const fields = parent.object('errorLimit')
  if (fields === null) {
    const message = 'No errorLimit is given: the first dirty record fails the run.'
    parent.problems.noteAt('defaulted', parent.place('errorLimit'), message)
    return NOTHING_TOLERATED
  }
  const strategy = fields.choice('strategy', ['Ignore', 'Tolerance', 'ZeroTolerance'])
  const records = fields.integer('record', 0, Number.MAX_SAFE_INTEGER)
  const percentage = fields.decimal('percentage', 0, 1)
  const raw = fields.raw('record')
  fields.finish()
  if (strategy === 'Ignore') {
    fields.noEffect(
      ['record', 'percentage'],
      'strategy Ignore tolerates any number of dirty records',
    )
    return { records: null, percentage: null }
  }
  if (strategy === 'Tolerance') return tolerance(fields, records)
  if (strategy === 'ZeroTolerance') {
    if (records !== null && records > 0) {
      const message = `strategy ZeroTolerance means "record" 0, but it is ${records}.`
      fields.problems.errorAt('conflict', fields.place('record'), message, '0')
    }
    fields.noEffect(['percentage'], 'strategy ZeroTolerance tolerates no dirty record')
    return NOTHING_TOLERATED
  }
  if (records !== null) {
    fields.noEffect(['percentage'], '"record" takes precedence')
    return { records, percentage: null }
  }
  if (percentage !== null) return { records: null, percentage }
  // An empty text is DataWorks' way to say "any number"; an absent member says nothing.
  if (raw?.kind === 'string' && raw.value.trim() === '') return { records: null, percentage: null }
  const message = '"errorLimit" sets no limit: the first dirty record fails the run.'
  fields.problems.noteAt('defaulted', fields.node, message)
  return NOTHING_TOLERATED
}

function tolerance(fields: Fields, records: number | null): ErrorLimit {
  fields.require('record', 'with strategy Tolerance, how many dirty records are tolerated')
  if (records === 0) {
    const message = 'strategy Tolerance needs a "record" above 0 (or use ZeroTolerance).'
    fields.problems.errorAt('conflict', fields.place('record'), message, 'a positive number')
  }
  fields.noEffect(['percentage'], 'with strategy Tolerance the limit is "record"')
  return { records: records ?? 0, percentage: null }
}

function readSpeed(parent: Fields): Speed {
  const fields = parent.object('speed')
  if (fields === null) {
    const message = `No speed is given: up to ${CONCURRENT_DEFAULT} slices at once, not throttled.`
    parent.problems.noteAt('defaulted', parent.place('speed'), message)
    return { concurrent: CONCURRENT_DEFAULT, bytesPerSecond: null }
  }
  const concurrent = fields.integer('concurrent', 1, CONCURRENT_MAX)
  if (!fields.has('concurrent')) {
    const message = `No concurrent is given: up to ${CONCURRENT_DEFAULT} slices at once.`
    fields.problems.noteAt('defaulted', fields.place('concurrent'), message)
  }
  const bytesPerSecond = readThrottle(fields)
  fields.noEffect(['dmu'], 'the capacity of a group is what its agents announce')
  fields.finish()
  return { concurrent: concurrent ?? CONCURRENT_DEFAULT, bytesPerSecond }
}

/** `mbps` is of the whole job, in MiB a second. */
function readThrottle(fields: Fields): number | null {
  const throttle = fields.boolean('throttle')
  const mbps = fields.integer('mbps', 1, MBPS_MAX)
  if (throttle === true) {
    fields.require('mbps', 'throttle is true, so the limit in MB/s is needed')
    return mbps === null ? null : mbps * 1024 * 1024
  }
  if (throttle === false) fields.noEffect(['mbps'], 'throttle is false')
  else if (fields.has('mbps') && !fields.has('throttle')) {
    const message = '"mbps" limits nothing without "throttle": true; add it, or remove "mbps".'
    fields.problems.errorAt('conflict', fields.place('mbps'), message)
  }
  return null
}

function readColumnTimeZone(parent: Fields): string | null {
  const common = parent.object('common')
  const column = common?.object('column') ?? null
  common?.finish()
  if (column === null) return null
  const timeZone = readTimeZone(column, 'timeZone')
  column.finish()
  return timeZone
}
