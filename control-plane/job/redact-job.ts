import type { JsonNode } from './json-node.ts'
import { parseJson } from './parse-json.ts'

/** Keys whose values are secrets wherever they stand, in either spelling of the reader. */
const SECRET_KEY = /password|secret|access_?key$|token|jaas|keystore|ssl\.key/i
/** `kafkaConfig` may be a text that holds JSON: it is blanked as a whole if it may hold a secret. */
const SECRET_TEXT = /password|jaas|keystore|ssl\.key/i

/**
 * The text of a job with its secret values blanked and everything else as it was, for people to
 * read. null: the text is no JSON, or has a key twice, so that nothing can be said about it.
 */
export function redactJob(text: string): string | null {
  const { node, problems } = parseJson(text)
  if (node === null || problems.length > 0) return null
  let redacted = ''
  let copied = 0
  for (const secret of secretsOf(node)) {
    redacted += `${text.slice(copied, secret.textStart)}"***"`
    copied = secret.textEnd
  }
  return redacted + text.slice(copied)
}

/** In the order of the text, none inside another. */
function* secretsOf(node: JsonNode): Generator<JsonNode> {
  if (node.kind === 'array') for (const item of node.items) yield* secretsOf(item)
  if (node.kind !== 'object') return
  for (const [key, { value }] of node.members) {
    const isSecret =
      SECRET_KEY.test(key) ||
      (key === 'kafkaConfig' && value.kind === 'string' && SECRET_TEXT.test(value.value))
    if (isSecret && value.kind !== 'null') yield value
    else yield* secretsOf(value)
  }
}
