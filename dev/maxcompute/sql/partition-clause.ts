import { ServiceError } from '../service-error.ts'
import { specValues } from '../store/partition-spec.ts'
import type { TableDef } from '../store/table-def.ts'
import { semanticError } from './sql-error.ts'
import type { Position } from './sql-error.ts'
import type { PartitionClause } from './statement.ts'

/** The pairs of a clause in which every key has a value. */
export function staticSpec(clause: PartitionClause, position: Position): Map<string, string> {
  const spec = new Map<string, string>()
  for (const { name, value } of clause) {
    if (value === null) throw semanticError(position, `partition key ${name} has no value`)
    spec.set(name, value)
  }
  return spec
}

/** A full spec's values in key order; refusals become semantic errors at `position`. */
export function partitionValues(
  table: TableDef,
  spec: ReadonlyMap<string, string>,
  position: Position,
): string[] {
  try {
    return specValues(table, spec)
  } catch (error) {
    if (error instanceof ServiceError) throw semanticError(position, error.message)
    throw error
  }
}
