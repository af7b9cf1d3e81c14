import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import type { JobContext, ParsedJob } from './parse-job.ts'
import { parseJob } from './parse-job.ts'
import type { Problem } from './problem.ts'

// 2026-01-02 08:00:00 in Shanghai
const CONTEXT: JobContext = {
  params: {
    from: '$[yyyymmddhh24-1/24]',
    to: '$[yyyymmddhh24]',
    ds: '$[yyyymmdd-1/24]',
    hh: '$[hh24-1/24]',
  },
  cycTime: Date.UTC(2026, 0, 2, 0, 0, 0),
  defaultTimeZone: 'Asia/Shanghai',
}

function example(name: string): string {
  return readFileSync(new URL(`testdata/${name}.json`, import.meta.url), 'utf8')
}

function parsed(text: string, context = CONTEXT): Extract<ParsedJob, { ok: true }> {
  const result = parseJob(text, context)
  assert.ok(result.ok, JSON.stringify(result, null, 1))
  return result
}

function problemsOf(text: string, context = CONTEXT): readonly Problem[] {
  const result = parseJob(text, context)
  assert.ok(!result.ok, 'the job was accepted')
  return result.problems
}

/** The hourly example with one text replaced by another: what users' mistakes look like. */
function hourly(...replacements: [string, string][]): string {
  let text = example('hourly-window')
  for (const [from, to] of replacements) {
    assert.ok(text.includes(from), `the example holds ${from}`)
    text = text.replace(from, to)
  }
  return text
}

/** The only problem, with its path and code. */
function onlyProblem(text: string, context = CONTEXT): Problem {
  const problems = problemsOf(text, context)
  assert.equal(problems.length, 1, JSON.stringify(problems, null, 1))
  return problems[0] as Problem
}

test('an hourly window by time into a partition, overwriting', () => {
  const { job, secrets, notes } = parsed(example('hourly-window'))
  assert.deepEqual(job.reader.source, { kind: 'datasource', name: 'kafka_orders' })
  assert.deepEqual(job.reader.begin, { kind: 'time', epochMs: Date.UTC(2026, 0, 1, 23) })
  assert.deepEqual(job.reader.end, { kind: 'time', epochMs: Date.UTC(2026, 0, 2, 0) })
  assert.equal(job.reader.waitSeconds, 45)
  assert.equal(job.reader.keyType, 'string')
  assert.equal(job.reader.isolation, 'read_committed')
  assert.deepEqual(job.reader.columns[0], { kind: 'attribute', attribute: 'key' })
  assert.deepEqual(job.reader.columns[5], { kind: 'constant', text: 'north' })
  assert.deepEqual(job.writer.partitionSpec, [
    { key: 'ds', value: '20260102' },
    { key: 'hh', value: '07' },
  ])
  assert.equal(job.writer.truncate, true)
  assert.deepEqual(job.errorLimit, { records: 0, percentage: null })
  assert.deepEqual(job.speed, { concurrent: 4, bytesPerSecond: 6 * 1024 * 1024 })
  assert.deepEqual(secrets, { reader: null, writer: null })
  const noted = notes.map((note) => note.path.split('.').at(-1))
  const expected = ['skipExceedRecord', 'stopWhenPollEmpty', 'stopWhenReachEndOffset', 'waitTIme']
  assert.deepEqual(new Set(noted), new Set(['jvmOption', ...expected]))
})

test('version 1.0 with inline connections resumes at the group, secrets kept apart', () => {
  const { job, secrets } = parsed(example('resume-group'))
  assert.deepEqual(job.reader.source, {
    kind: 'inline',
    kafka: {
      kind: 'kafka',
      bootstrapServers: [
        { host: '192.0.2.11', port: 9092 },
        { host: '192.0.2.12', port: 9092 },
      ],
      sasl: null,
      tls: null,
    },
  })
  assert.equal(job.reader.topicPartition, 3)
  assert.equal(job.reader.groupId, 'cg_access')
  assert.deepEqual(job.reader.begin, { kind: 'groupOffset' })
  assert.deepEqual(job.reader.end, { kind: 'offset', offset: 90_000 })
  assert.equal(job.reader.autoOffsetReset, 'earliest')
  assert.equal(job.reader.fetch.maxPartitionBytes, 2_097_152)
  assert.equal(job.writer.source.kind, 'inline')
  assert.equal(job.writer.truncate, false)
  assert.equal(job.writer.partitionSpec, null)
  assert.deepEqual(job.errorLimit, { records: null, percentage: null })
  assert.deepEqual(job.speed, { concurrent: 1, bytesPerSecond: null })
  assert.equal(secrets.writer?.accessKey, 'topsecret-1')
  assert.ok(!JSON.stringify(job).includes('topsecret'))
})

test('fields of JSON values, with a time zone of its own and a tolerance', () => {
  const { job, notes } = parsed(example('json-fields'))
  assert.deepEqual(job.reader.begin, { kind: 'time', epochMs: 1_767_225_600_000 })
  assert.deepEqual(job.reader.columns[1], { kind: 'path', path: ['machine', 'id'] })
  assert.equal(job.timeZone, 'Europe/Berlin')
  assert.deepEqual(job.errorLimit, { records: 50, percentage: null })
  assert.deepEqual(job.writer.partitionSpec, [
    { key: 'pt', value: '20260101' },
    { key: 'src', value: 'plant' },
  ])
  assert.equal(job.writer.schema, 'ods')
  assert.equal(job.writer.maxFieldBytes, 4_194_304)
  assert.ok(notes.some((note) => note.path === '$.setting.executeMode'))
  assert.ok(notes.every((note) => note.severity === 'note' && note.line !== null))
})

test('five different mistakes are five located problems in one answer', () => {
  const text = hourly(
    ['"topic": "order_paid"', '"topics": "order_paid"'],
    ['"keyType": "STRING"', '"keyType": "STRNG"'],
    ['"${to}0000"', '"${too}0000"'],
    ['"truncate": true', '"truncate": "yes"'],
    ['"concurrent": 4', '"concurrent": 64'],
  )
  const problems = problemsOf(text)
  const lines = text.split('\n')
  const seen = problems.map(({ code, path }) => `${code} ${path}`)
  const reader = '$.steps[0].parameter'
  assert.deepEqual(seen.toSorted(), [
    `missing-parameter ${reader}.endDateTime`,
    `not-allowed ${reader}.keyType`,
    'out-of-range $.setting.speed.concurrent',
    `unknown-key ${reader}.topics`,
    'wrong-type $.steps[1].parameter.truncate',
  ])
  for (const { path, line, column } of problems) {
    assert.ok(line !== null && column !== null)
    const key = path.split('.').at(-1) ?? ''
    assert.ok(lines[line - 1]?.includes(`"${key}"`), `${path} in line ${line}`)
  }
  const byPath = new Map(problems.map((problem) => [problem.path, problem]))
  assert.match(byPath.get(`${reader}.topics`)?.message ?? '', /Did you mean "topic"\?/)
  assert.match(byPath.get(`${reader}.keyType`)?.message ?? '', /Did you mean "string"\?/)
  assert.match(byPath.get(`${reader}.endDateTime`)?.message ?? '', /"too".*did you mean "to"/)
  assert.equal(byPath.get('$.setting.speed.concurrent')?.found, '64')
  assert.equal(byPath.get('$.setting.speed.concurrent')?.expected, '1 to 32')
})

const WRONG: [string, [string, string][], Problem['code'], string, RegExp][] = [
  [
    'two begins',
    [['"beginType": "specific"', '"beginOffset": "5"']],
    'conflict',
    '$.steps[0].parameter.beginDateTime',
    /exclude each other/,
  ],
  [
    'a begin that contradicts its type',
    [['"beginType": "specific"', '"beginType": "current"']],
    'conflict',
    '$.steps[0].parameter.beginDateTime',
    /contradicts beginType "current"/,
  ],
  [
    'a begin by time without an end',
    [
      ['"endType": "specific",', ''],
      ['"endDateTime": "${to}0000",', ''],
    ],
    'missing',
    '$.steps[0].parameter.endDateTime',
    /needs an end/,
  ],
  [
    'a window that ends before it begins',
    [['"${to}0000"', '"20250101000000"']],
    'conflict',
    '$.steps[0].parameter.endDateTime',
    /before the begin/,
  ],
  [
    'a time in another form',
    [['"${from}0000"', '"2026-01-01 00:00:00"']],
    'bad-format',
    '$.steps[0].parameter.beginDateTime',
    /14 digits/,
  ],
  [
    'a day that does not exist',
    [['"${from}0000"', '"20250230000000"']],
    'bad-format',
    '$.steps[0].parameter.beginDateTime',
    /yyyymmddhhmmss/,
  ],
  [
    'a time zone that does not exist',
    [['"Asia/Shanghai"', '"Asia/Shangai"']],
    'not-allowed',
    '$.steps[0].parameter.timeZone',
    /IANA/,
  ],
  [
    'a different number of columns',
    [['"site"]', '"site", "extra"]']],
    'column-count',
    '$.steps[1].parameter.column',
    /6 columns and the writer 7/,
  ],
  [
    'an unknown attribute',
    [['"__offset__"', '"__ofset__"']],
    'not-allowed',
    '$.steps[0].parameter.column[3]',
    /Did you mean "__offset__"/,
  ],
  [
    'an array index',
    [['"__offset__"', '"items[0].id"']],
    'unsupported',
    '$.steps[0].parameter.column[3]',
    /array indexes/,
  ],
  [
    'data columns of a number',
    [
      ['"valueType": "STRING"', '"valueType": "LONG"'],
      ['"__offset__"', '"item.id"'],
    ],
    'conflict',
    '$.steps[0].parameter.valueType',
    /string or bytearray/,
  ],
  [
    'no truncate',
    [['"truncate": true,', '']],
    'missing',
    '$.steps[1].parameter.truncate',
    /replaces.*appends/,
  ],
  [
    'a malformed partition',
    [[`ds = '\${ds}'`, 'ds']],
    'bad-format',
    '$.steps[1].parameter.partition',
    /key=value/,
  ],
  [
    'dynamic partitions',
    [['"truncate": true', '"supportDynamicPartition": true, "truncate": true']],
    'unsupported',
    '$.steps[1].parameter.supportDynamicPartition',
    /not supported yet/,
  ],
  [
    'mbps without throttle',
    [['"throttle": true,', '']],
    'conflict',
    '$.setting.speed.mbps',
    /throttle/,
  ],
  [
    'throttle without mbps',
    [['"mbps": "6",', '']],
    'missing',
    '$.setting.speed.mbps',
    /throttle is true/,
  ],
  [
    'a tolerance without a number',
    [['"record": "0"', '"strategy": "Tolerance"']],
    'missing',
    '$.setting.errorLimit.record',
    /Tolerance/,
  ],
  [
    'zero tolerance with a number',
    [['"record": "0"', '"strategy": "zerotolerance", "record": 3']],
    'conflict',
    '$.setting.errorLimit.record',
    /ZeroTolerance/,
  ],
  [
    'another reader',
    [['"stepType": "kafka"', '"stepType": "mysql"']],
    'not-allowed',
    '$.steps[0].stepType',
    /reads "kafka"/,
  ],
  [
    'a hop to nowhere',
    [['"to": "Writer"', '"to": "Target"']],
    'not-allowed',
    '$.order.hops[0].to',
    /"Writer"/,
  ],
  [
    'an expression in the job instead of the assignment',
    [['"${from}0000"', '"$[yyyymmddhh24]0000"']],
    'bad-parameter',
    '$.steps[0].parameter.beginDateTime',
    /assignment/,
  ],
  [
    'a parameter without its closing brace',
    [['"${from}0000"', '"${from"']],
    'bad-parameter',
    '$.steps[0].parameter.beginDateTime',
    /closing brace/,
  ],
  [
    'a key of an unknown consumer property',
    [['"autoOffsetReset": "none"', '"kafkaConfig": {"fetch.min.byte": 1}']],
    'unknown-key',
    '$.steps[0].parameter.kafkaConfig["fetch.min.byte"]',
    /Did you mean "fetch.min.bytes"/,
  ],
  [
    'a login beside a data source',
    [['"autoOffsetReset": "none"', '"kafkaConfig": {"sasl.jaas.config": "hunter2"}']],
    'unsupported',
    '$.steps[0].parameter.kafkaConfig["sasl.jaas.config"]',
    /data source/,
  ],
  [
    'both spellings of one parameter',
    [['"waitTIme": "45"', '"waitTIme": "45", "waitTime": "45"']],
    'conflict',
    '$.steps[0].parameter.waitTIme',
    /one parameter/,
  ],
  [
    'a key twice',
    [['"topic": "order_paid"', '"topic": "order_paid", "topic": "b"']],
    'duplicate-key',
    '$.steps[0].parameter.topic',
    /twice/,
  ],
]

for (const [what, replacements, code, path, message] of WRONG) {
  test(`${what}: one problem, at its place`, () => {
    const problem = onlyProblem(hourly(...replacements))
    assert.equal(problem.code, code)
    assert.equal(problem.path, path)
    assert.match(problem.message, message)
    assert.ok(problem.line !== null && problem.line > 1)
    assert.ok(!JSON.stringify(problem).includes('hunter2'))
  })
}

test('beginType ledger continues at the job, with the log end as its end', () => {
  const text = hourly(
    ['"beginType": "specific"', '"beginType": "ledger"'],
    ['"beginDateTime": "${from}0000",', ''],
    ['"endType": "specific"', '"endType": "latest"'],
    ['"endDateTime": "${to}0000",', ''],
    ['"jvmOption": "-Xms1024m -Xmx1024m"', '"allowDuplicates": "true"'],
  )
  const { job } = parsed(text)
  assert.deepEqual(job.reader.begin, { kind: 'ledger' })
  assert.deepEqual(job.reader.end, { kind: 'latest' })
  assert.equal(job.allowDuplicates, true)
})

test('seekToLast without a group has no offset to resume at', () => {
  const text = example('resume-group').replace('"group.id": "cg_access",', '')
  const problem = onlyProblem(text)
  assert.equal(problem.path, '$.configuration.reader.parameter.groupId')
})

test('an inline login is taken out of the consumer properties, its password into the secrets', () => {
  const jaas = `org.apache.kafka.common.security.scram.ScramLoginModule required username=\\"app\\" password=\\"p;\\\\\\"w\\";`
  const text = example('resume-group').replace(
    '"group.id"',
    `"security.protocol": "SASL_SSL", "sasl.mechanism": "SCRAM-SHA-512", "sasl.jaas.config": "${jaas}", "ssl.endpoint.identification.algorithm": "", "group.id"`,
  )
  const { job, secrets } = parsed(text)
  assert.ok(job.reader.source.kind === 'inline')
  assert.deepEqual(job.reader.source.kafka.sasl, { mechanism: 'scram-sha-512', username: 'app' })
  assert.equal(job.reader.source.kafka.tls?.verifyHostname, false)
  assert.equal(secrets.reader?.saslPassword, 'p;"w')
})

test('delimited values have numbered fields', () => {
  const text = hourly(
    ['"encoding": "UTF-8"', '"dataFormat": "text", "fieldDelimiter": "\\t"'],
    ['"__offset__"', '"2"'],
  )
  const { job } = parsed(text)
  assert.deepEqual(job.reader.dataFormat, { kind: 'text', fieldDelimiter: '\t' })
  assert.deepEqual(job.reader.columns[3], { kind: 'field', index: 2 })
  const named = onlyProblem(text.replace('"2"', '"price"'))
  assert.match(named.message, /number of its field/)
})

test('"*" takes all columns of the table, whatever the reader has', () => {
  const text = hourly([
    '["k", "body", "kafka_partition", "kafka_offset", "kafka_ms", "site"]',
    '["*"]',
  ])
  assert.equal(parsed(text).job.writer.columns, '*')
})

test('a job of open-source DataX is refused with one sentence', () => {
  const problem = onlyProblem('{"job": {"content": [{"reader": {}, "writer": {}}], "setting": {}}}')
  assert.equal(problem.code, 'unsupported-dialect')
  assert.match(problem.message, /DataX/)
})

test('a parameter whose assignment fails is reported once, not at every use', () => {
  const params = { ...CONTEXT.params, from: '$[yyyymmdhh]' }
  const problem = onlyProblem(example('hourly-window'), { ...CONTEXT, params })
  assert.equal(problem.path, 'parameters.from')
  assert.match(problem.message, /\$\[yyyymmdhh\]/)
})

test('a time that the clock skips is taken as the next one, with a note', () => {
  const text = hourly(
    ['"Asia/Shanghai"', '"Europe/Berlin"'],
    ['"${from}0000"', '"20260329023000"'],
    ['"${to}0000"', '"20260330000000"'],
  )
  const { job, notes } = parsed(text)
  assert.deepEqual(job.reader.begin, { kind: 'time', epochMs: Date.UTC(2026, 2, 29, 1, 30) })
  assert.ok(notes.some((note) => note.code === 'defaulted' && note.message.includes('03:30:00')))
})

test('what is not said is said in a note, never silently defaulted', () => {
  const text = example('json-fields').replace(
    /"setting": \{[\s\S]*\n {2}\},\n {2}"extend"/,
    '"extend"',
  )
  const { job, notes } = parsed(text)
  assert.deepEqual(job.errorLimit, { records: 0, percentage: null })
  assert.equal(job.speed.concurrent, 3)
  const defaulted = notes.filter((note) => note.code === 'defaulted').map((note) => note.path)
  assert.deepEqual(defaulted.toSorted(), ['$.setting.errorLimit', '$.setting.speed'])
})

test('no text, however broken, makes the parser throw', () => {
  const text = example('hourly-window')
  for (let cut = 0; cut < text.length; cut += 7) {
    assert.equal(parseJob(text.slice(0, cut), CONTEXT).ok, false)
  }
  for (const value of [
    'null',
    '[]',
    '"x"',
    '5',
    '{}',
    '{"type":"job","version":"2.0","steps":[1]}',
  ]) {
    assert.equal(parseJob(value, CONTEXT).ok, false)
  }
  for (const path of text.matchAll(/: ("[^"]*"|true|false|\d+)/g)) {
    const at = path.index + 2
    const changed = `${text.slice(0, at)}{"x":[1]}${text.slice(at + (path[1]?.length ?? 0))}`
    const accepted = parseJob(changed, CONTEXT).ok
    // Nobody looks at what jvmOption says.
    assert.equal(accepted, text.slice(0, at).endsWith('"jvmOption": '), `at ${at}`)
  }
})
