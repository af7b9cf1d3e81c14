/**
 * The CSV of query results.
 *
 *   csv   = line*            line = field { "," field } ( LF | CRLF )
 *   field = '"' text with '""' for '"' '"'  |  plain text          an unquoted \N is NULL
 */

/** Every line, the header included. */
export function parseCsv(text: string): (string | null)[][] {
  const rows: (string | null)[][] = []
  let row: (string | null)[] = []
  let at = 0
  while (at < text.length) {
    const field = text[at] === '"' ? quoted(text, at) : plain(text, at)
    row.push(field.value)
    at = field.end
    if (text[at] === ',') {
      at++
      if (at < text.length) continue
      row.push('')
    }
    if (text[at] === '\r') at++
    if (text[at] === '\n') at++
    rows.push(row)
    row = []
  }
  return rows
}

interface Field {
  readonly value: string | null
  readonly end: number
}

function quoted(text: string, start: number): Field {
  let value = ''
  let at = start + 1
  for (;;) {
    const end = text.indexOf('"', at)
    if (end < 0) return { value: value + text.slice(at), end: text.length }
    value += text.slice(at, end)
    if (text[end + 1] !== '"') return { value, end: end + 1 }
    value += '"'
    at = end + 2
  }
}

function plain(text: string, start: number): Field {
  let end = start
  while (end < text.length && !',\r\n'.includes(text[end]!)) end++
  const value = text.slice(start, end)
  return { value: value === '\\N' ? null : value, end }
}
