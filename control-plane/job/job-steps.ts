/**
 * The envelope of a job, in both versions of the script mode:
 *
 *   "2.0": {type, version, steps: [reader, writer], order: {hops}, setting, extend}
 *   "1.0": {type, version, configuration: {reader, writer, setting}}
 */
import { Fields } from './fields.ts'
import type { JsonNode, JsonObject } from './json-node.ts'
import type { ProblemList } from './problem-list.ts'

/** null: missing or wrong, and reported. */
export interface JobParts {
  readonly reader: Fields | null
  readonly writer: Fields | null
  readonly setting: Fields | null
}

type Category = 'reader' | 'writer'

const KINDS: Readonly<Record<Category, string>> = { reader: 'kafka', writer: 'odps' }
const NO_PARTS: JobParts = { reader: null, writer: null, setting: null }

export function readJobParts(root: JsonObject, problems: ProblemList): JobParts {
  if (isDataX(root, problems)) return NO_PARTS
  const fields = new Fields(root, problems)
  fields.require('type', 'always "job"')
  fields.choice('type', ['job'])
  fields.noEffect(['transform'], 'a job has no transformation steps')
  const version = readVersion(fields)
  const parts = version === '1.0' ? readConfiguration(fields) : readSteps(fields)
  // Without a version only the envelope's own keys tell what is meant.
  if (version !== null) fields.finish()
  return parts
}

/** Open-source DataX has another envelope; its reader for Kafka does not exist. */
function isDataX(root: JsonObject, problems: ProblemList): boolean {
  const job = root.members.get('job') ?? root.members.get('content')
  if (job === undefined) return false
  const message =
    'This is a job of open-source DataX (job.content[]). Sluice reads the script mode of DataWorks: {"type": "job", "version": "2.0", "steps": [reader, writer], "order": …, "setting": …}.'
  const place = { path: job.value.path, position: job.position }
  problems.errorAt('unsupported-dialect', place, message, '"version": "2.0" with "steps"')
  return true
}

function readVersion(fields: Fields): '1.0' | '2.0' | null {
  const found = fields.choice('version', ['1.0', '2.0', '1', '2'])
  if (found !== null) return found.startsWith('1') ? '1.0' : '2.0'
  fields.require('version', '"2.0" (with steps) or "1.0" (with configuration)')
  return null
}

function readConfiguration(fields: Fields): JobParts {
  fields.require('configuration', 'version 1.0 has the reader, the writer and the setting in it')
  const configuration = fields.object('configuration')
  if (configuration === null) return NO_PARTS
  const parts = {
    reader: readPlugin(configuration, 'reader'),
    writer: readPlugin(configuration, 'writer'),
    setting: configuration.objectOrEmpty('setting'),
  }
  configuration.finish()
  return parts
}

function readPlugin(configuration: Fields, category: Category): Fields | null {
  configuration.require(category, `{"plugin": "${KINDS[category]}", "parameter": {…}}`)
  const plugin = configuration.object(category)
  if (plugin === null) return null
  checkKind(plugin, 'plugin', category)
  return readParameter(plugin)
}

function readSteps(fields: Fields): JobParts {
  fields.require('steps', 'the reader and the writer')
  const steps = (fields.array('steps')?.items ?? []).map((item) => readStep(item, fields.problems))
  const pick = (category: Category): Fields | null => pickStep(fields, steps, category)
  const reader = pick('reader')
  const writer = pick('writer')
  readOrder(fields, steps)
  readExtend(fields)
  return { reader, writer, setting: fields.objectOrEmpty('setting') }
}

interface Step {
  readonly fields: Fields
  readonly category: Category | null
  readonly name: string | null
  readonly parameter: Fields | null
}

function readStep(item: JsonNode, problems: ProblemList): Step | null {
  if (item.kind !== 'object') {
    problems.error('wrong-type', item, 'A step is an object.', 'an object')
    return null
  }
  const fields = new Fields(item, problems)
  fields.require('category', 'reader or writer')
  fields.require('name', 'the name that "order" refers to')
  const category = fields.choice('category', ['reader', 'writer'])
  const name = fields.textValue('name')
  fields.noEffect(['gui', 'copies'], 'it concerns the drawing of a job only')
  checkKind(fields, 'stepType', category)
  return { fields, category, name, parameter: readParameter(fields) }
}

function checkKind(fields: Fields, key: string, category: Category | null): void {
  const expected = category === null ? 'kafka or odps' : KINDS[category]
  fields.require(key, expected)
  const kind = fields.text(key)
  if (kind === null || category === null || kind.value.toLowerCase() === expected) return
  const message = `"${kind.value}" cannot be the ${category}: Sluice reads "kafka" and writes "odps" (MaxCompute).`
  fields.problems.error('not-allowed', kind, message, expected)
}

function readParameter(step: Fields): Fields | null {
  step.require('parameter', 'what to read or write')
  const parameter = step.object('parameter')
  step.finish()
  return parameter
}

function pickStep(
  fields: Fields,
  steps: readonly (Step | null)[],
  category: Category,
): Fields | null {
  const found = steps.filter((step) => step?.category === category)
  const [first, second] = found
  if (second !== undefined && second !== null) {
    const message = `A job has one ${category}; this is another one.`
    fields.problems.errorAt('conflict', second.fields.node, message)
  }
  // A step that is no object, or of no category, was reported and may be the missing one.
  if (first === undefined && fields.has('steps') && steps.every((step) => step?.category)) {
    const message = `"steps" has no ${category}.`
    fields.problems.errorAt(
      'missing',
      fields.place('steps'),
      message,
      `a step with category ${category}`,
    )
  }
  return first?.parameter ?? null
}

function readOrder(fields: Fields, steps: readonly (Step | null)[]): void {
  fields.require('order', '{"hops": [{"from": "Reader", "to": "Writer"}]}')
  const order = fields.object('order')
  order?.require('hops', '[{"from": "Reader", "to": "Writer"}]')
  const hops = order?.array('hops')?.items ?? []
  order?.finish()
  for (const [index, item] of hops.entries()) {
    if (item.kind !== 'object' || index > 0) {
      const message = 'A job has one hop, {"from": name of the reader, "to": name of the writer}.'
      fields.problems.errorAt('wrong-type', item, message, '{"from": …, "to": …}')
      continue
    }
    const hop = new Fields(item, fields.problems)
    checkHop(hop, 'from', 'reader', steps)
    checkHop(hop, 'to', 'writer', steps)
    hop.finish()
  }
}

function checkHop(
  hop: Fields,
  key: 'from' | 'to',
  category: Category,
  steps: readonly (Step | null)[],
): void {
  hop.require(key, `the name of the ${category}`)
  const name = hop.text(key)
  const wanted = steps.find((step) => step?.category === category)?.name ?? null
  if (name === null || wanted === null || name.value === wanted) return
  const message = `"${name.value}" is not the ${category}'s name, which is "${wanted}".`
  hop.problems.error('not-allowed', name, message, wanted)
}

function readExtend(fields: Fields): void {
  const extend = fields.object('extend')
  extend?.noEffect(
    ['mode', '__new__', 'formatType', 'resourceGroup', 'cu'],
    'the resource group is chosen with the job or the run',
  )
  extend?.finish()
}
