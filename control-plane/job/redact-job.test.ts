import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { redactJob } from './redact-job.ts'

test('secret values are blanked and the rest of the text stays as it was', () => {
  const text = readFileSync(new URL('testdata/resume-group.json', import.meta.url), 'utf8')
  assert.equal(redactJob(text), text.replace('topsecret-1', '***'))
})

test('secrets inside kafkaConfig are blanked in both of its forms', () => {
  const object =
    '{"kafkaConfig": {"sasl.jaas.config": "x password=\\"hunter2\\";", "group.id": "g"}}'
  assert.equal(redactJob(object), '{"kafkaConfig": {"sasl.jaas.config": "***", "group.id": "g"}}')
  const asText = JSON.stringify({ kafkaConfig: JSON.stringify({ 'ssl.key.password': 'hunter2' }) })
  assert.equal(redactJob(asText), '{"kafkaConfig":"***"}')
})

test('what cannot be read is not shown', () => {
  assert.equal(redactJob('{"accessKey": "hunter2"'), null)
  assert.equal(redactJob('{"accessKey": "hunter2", "accessKey": "hunter3"}'), null)
})
