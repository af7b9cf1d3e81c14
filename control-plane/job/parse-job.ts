/** The one way in: the JSON of a job, as users write it, into a `Job`, or into all its problems. */
import type { Fields } from './fields.ts'
import { readJobParts } from './job-steps.ts'
import type { Job, JobSecrets } from './job.ts'
import type { ParameterScope, Parameters } from './parameters.ts'
import { evaluateParameters, substituteParameters } from './parameters.ts'
import { parseJson } from './parse-json.ts'
import { ProblemList } from './problem-list.ts'
import type { Problem } from './problem.ts'
import { readReader } from './reader.ts'
import { readSetting } from './setting.ts'
import { readWriter } from './writer.ts'

export interface JobContext {
  /** Assignments by name: constants, or expressions such as `$[yyyymmdd-1/24]`. */
  readonly params: Parameters
  /** The planned time of the run, ms since the epoch: what time expressions count from. */
  readonly cycTime: number
  /** IANA name: of time expressions, and of times in the job that name no zone. */
  readonly defaultTimeZone: string
}

export type ParsedJob =
  | {
      readonly ok: true
      readonly job: Job
      readonly secrets: JobSecrets
      /** What Sluice makes of values that have no effect or were left out. */
      readonly notes: readonly Problem[]
    }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/**
 * Reads a job of either version of the script mode. Never throws on what a user wrote: all
 * problems of the text come in one answer, in its order, each with line and column.
 */
export function parseJob(text: string, context: JobContext): ParsedJob {
  const parsed = parseJson(text)
  const problems = new ProblemList(parsed.problems)
  if (parsed.node === null) return { ok: false, problems: problems.errors() }
  const scope = parameterScope(context, problems)
  const root = substituteParameters(parsed.node, scope, problems)
  if (root.kind !== 'object') {
    problems.error('wrong-type', root, 'A job is a JSON object.', 'an object')
    return { ok: false, problems: problems.errors() }
  }
  const parts = readJobParts(root, problems)
  const setting = parts.setting === null ? null : readSetting(parts.setting)
  const timeZone = setting?.timeZone ?? context.defaultTimeZone
  const reader = parts.reader === null ? null : readReader(parts.reader, timeZone)
  const writer = parts.writer === null ? null : readWriter(parts.writer)
  checkColumnCounts(parts.writer, reader?.columnCount, writer?.columnCount)
  if (reader?.reader == null || writer?.writer == null || setting === null || problems.hasErrors) {
    return { ok: false, problems: problems.errors() }
  }
  const { errorLimit, speed, allowDuplicates } = setting
  const sides = { reader: reader.reader, writer: writer.writer }
  return {
    ok: true,
    job: { ...sides, errorLimit, speed, timeZone, allowDuplicates },
    secrets: { reader: reader.secrets, writer: writer.secrets },
    notes: problems.notes(),
  }
}

function parameterScope(context: JobContext, problems: ProblemList): ParameterScope {
  const planned = { epochMs: context.cycTime, timeZone: context.defaultTimeZone }
  const evaluated = evaluateParameters(context.params, planned)
  for (const { name, message } of evaluated.problems) {
    const place = { path: `parameters.${name}`, position: null }
    problems.errorAt('bad-parameter', place, `The parameter "${name}" has no value: ${message}.`)
  }
  const failed = new Set(evaluated.problems.map(({ name }) => name))
  return { values: evaluated.values, failed, planned }
}

function checkColumnCounts(
  writer: Fields | null,
  readerCount: number | null | undefined,
  writerCount: number | null | undefined,
): void {
  if (writer === null || readerCount == null || writerCount == null) return
  if (readerCount === writerCount) return
  const message = `The reader has ${readerCount} columns and the writer ${writerCount}; they are matched by position, so both need the same number.`
  writer.problems.errorAt('column-count', writer.place('column'), message, `${readerCount} columns`)
}
