import { FieldTable } from './field-table.ts'
import { constantSpans, fillAttribute, fillSpans, fillTyped, headersFill } from './fill.ts'
import { JsonTable } from './json-table.ts'
import { type Attribute, type ColumnMapping, MappingError, type SliceMapping } from './mapping.ts'
import type { RowWindow, TextSpans } from './row-window.ts'
import type { Target } from './target.ts'
import { type Decoder, Transcoder } from './transcode.ts'

/** What several columns read: text of keys and values, the JSON table, the fields. */
export class SharedSources {
  readonly #mapping: SliceMapping
  readonly #keyTranscoder: Transcoder | null
  readonly #valueTranscoder: Transcoder | null
  readonly #json: JsonTable | null
  readonly #fields: FieldTable | null
  readonly #jsonColumns: readonly ColumnMapping[]
  #keyText: TextSpans | null = null
  #valueText: TextSpans | null = null

  constructor(mapping: SliceMapping) {
    const { columns } = mapping
    this.#mapping = mapping
    this.#keyTranscoder = this.#readsText('key') ? transcoder(mapping.encoding) : null
    this.#valueTranscoder = this.#readsText('value') ? transcoder(mapping.encoding) : null
    this.#jsonColumns = columns.filter((column) => column.source.kind === 'jsonPath')
    const paths = columns.flatMap(({ source }) => (source.kind === 'jsonPath' ? [source.keys] : []))
    const fields = columns.flatMap(({ source }) => (source.kind === 'field' ? [source.index] : []))
    this.#json = paths.length === 0 ? null : new JsonTable(paths)
    this.#fields =
      fields.length === 0 ? null : new FieldTable([...new Set(fields)], mapping.fieldDelimiter)
  }

  #readsText(attribute: 'key' | 'value'): boolean {
    const type = attribute === 'key' ? this.#mapping.keyType : this.#mapping.valueType
    return this.#mapping.columns.some(({ source }) => {
      if (source.kind === 'attribute') return source.attribute === attribute && type === 'string'
      return attribute === 'value' && source.kind !== 'constant'
    })
  }

  prepare(window: RowWindow): void {
    const { count, dirty } = window
    this.#keyText = this.#keyTranscoder?.transcode(window.keys, count, dirty) ?? window.keys
    this.#valueText = this.#valueTranscoder?.transcode(window.values, count, dirty) ?? window.values
    this.#json?.fill(window, this.#valueText)
    this.#fields?.fill(window, this.#valueText)
  }

  compile(column: ColumnMapping, target: Target): (window: RowWindow) => void {
    const { source } = column
    const { emptyAsNull } = this.#mapping
    switch (source.kind) {
      case 'constant': {
        const spans = constantSpans(source.text)
        return (window) => fillSpans(window, spans, target, { isText: true, emptyAsNull })
      }
      case 'field':
        return (window) => {
          const spans = this.#fields!.spans(source.index)
          fillSpans(window, spans, target, { isText: true, emptyAsNull })
        }
      case 'jsonPath':
        return this.#jsonFill(this.#jsonColumns.indexOf(column), target)
      case 'attribute':
      default:
        return this.#attributeFill(source.attribute, target)
    }
  }

  #jsonFill(path: number, target: Target): (window: RowWindow) => void {
    const json = this.#json!
    const { emptyAsNull } = this.#mapping
    return ({ count, dirty }) => {
      target.begin(json.data)
      for (let row = 0; row < count; row++) {
        if (dirty.flags[row] === 1) continue
        const reason = json.convert(path, row, target, emptyAsNull)
        if (reason !== null) dirty.mark(row, target.name, reason)
      }
    }
  }

  #attributeFill(attribute: Attribute, target: Target): (window: RowWindow) => void {
    const { keyType, valueType, emptyAsNull } = this.#mapping
    switch (attribute) {
      case 'partition':
      case 'offset':
      case 'timestamp':
        return (window) => fillAttribute(window, attribute, target)
      case 'headers':
        return headersFill(decoder(this.#mapping.headerEncoding), target)
      case 'key':
        return (window) => {
          const spans = keyType === 'string' ? this.#keyText! : window.keys
          fillTyped(window, spans, target, keyType, emptyAsNull)
        }
      case 'value':
      default:
        return (window) => {
          const spans = valueType === 'string' ? this.#valueText! : window.values
          fillTyped(window, spans, target, valueType, emptyAsNull)
        }
    }
  }
}

/** null: the encoding is UTF-8, and bytes are passed on as they are. */
function transcoder(encoding: string): Transcoder | null {
  const found = decoder(encoding)
  return found.encoding === 'utf-8' ? null : new Transcoder(found)
}

function decoder(encoding: string): Decoder {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true })
  } catch (cause) {
    throw new MappingError(
      'INTERNAL',
      `The encoding "${encoding}" is not known on this host: use a WHATWG name such as utf-8 or gbk.`,
      '',
      cause,
    )
  }
}
