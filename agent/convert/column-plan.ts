/** Compiles the columns of a mapping: what is prepared once a window, and one fill a column. */
import { createTarget } from './create-target.ts'
import { MappingError, type SliceMapping } from './mapping.ts'
import type { RowWindow } from './row-window.ts'
import { SharedSources } from './shared-sources.ts'
import type { Target } from './target.ts'
import { TimeZone } from './time-zone.ts'

export interface ColumnFill {
  readonly target: Target
  /** The column's raw value is the record's key, not its value. */
  readonly readsKey: boolean
  run(window: RowWindow): void
}

export interface ColumnPlan {
  /** Runs before the fills: decodes, splits and walks over each record once for all columns. */
  prepare(window: RowWindow): void
  /** One per column of the mapping, in its order. */
  readonly fills: readonly ColumnFill[]
}

export function compileColumns(mapping: SliceMapping): ColumnPlan {
  const zone = timeZone(mapping.timeZone)
  const shared = new SharedSources(mapping)
  const fills = mapping.columns.map((column): ColumnFill => {
    const target = createTarget(mapping.sessionColumns[column.target]!, mapping, zone)
    const { source } = column
    const readsKey = source.kind === 'attribute' && source.attribute === 'key'
    return { target, readsKey, run: shared.compile(column, target) }
  })
  return { prepare: (window) => shared.prepare(window), fills }
}

function timeZone(name: string): TimeZone {
  try {
    return new TimeZone(name)
  } catch (cause) {
    throw new MappingError(
      'INTERNAL',
      `The job's time zone "${name}" is not known on this host: use an IANA name such as Asia/Shanghai.`,
      '',
      cause,
    )
  }
}
