/** Where a piece of work happens, for `WorkError.where`: only what is public. */
import type { Assign } from '../../proto/gen/sluice/agent/v1/Assign.ts'
import type { SliceSpec } from '../../proto/gen/sluice/agent/v1/SliceSpec.ts'
import { tableWhere } from './maxcompute-connection.ts'
import type { WorkWhere } from './work-error.ts'

export function describeSlice(spec: SliceSpec): WorkWhere {
  return {
    topic: spec.topic,
    block: String(spec.blockId),
    ...tableWhere(spec.maxcompute, spec.table),
  }
}

export function describeWork(assign: Assign): WorkWhere {
  const { plan, open, slice, verify, complete, publish, query, test } = assign
  if (slice) return describeSlice(slice)
  if (plan) return { topic: plan.topic, ...tableWhere(plan.maxcompute, plan.table) }
  if (publish) return { topic: publish.topic, group: publish.groupId }
  if (test) return { datasource: test.datasource }
  if (query) return { endpoint: query.maxcompute?.endpoint ?? '' }
  if (verify) {
    const { topic, uploadId } = verify
    return { topic, uploadId, ...tableWhere(verify.maxcompute, verify.table) }
  }
  if (complete) {
    return { uploadId: complete.uploadId, ...tableWhere(complete.maxcompute, complete.table) }
  }
  return open ? tableWhere(open.maxcompute, open.table) : {}
}
