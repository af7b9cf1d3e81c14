/** Rows as aligned columns, two spaces apart; the last column is never padded. */
import { displayWidth, padDisplayEnd } from './display-width.ts'

export interface Column<Row> {
  readonly title: string
  readonly value: (row: Row) => string
  /** Figures stand to the right. */
  readonly align?: 'right'
}

/** @returns lines without a line end; no rows give the header alone */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  options: { readonly headers: boolean },
): string[] {
  const cells = rows.map((row) => columns.map((column) => oneLine(column.value(row))))
  const lines = options.headers ? [columns.map((column) => column.title), ...cells] : cells
  const widths = columns.map((_, i) => Math.max(0, ...lines.map((line) => displayWidth(line[i]!))))
  return lines.map((line) =>
    line
      .map((cell, i) => pad(columns, widths, cell, i))
      .join('  ')
      .trimEnd(),
  )
}

function pad<Row>(
  columns: readonly Column<Row>[],
  widths: readonly number[],
  cell: string,
  i: number,
): string {
  const width = widths[i]!
  if (columns[i]!.align === 'right') return ' '.repeat(width - displayWidth(cell)) + cell
  return i === columns.length - 1 ? cell : padDisplayEnd(cell, width)
}

/** A line break or control character inside a value would break the table, or the terminal. */
function oneLine(text: string): string {
  return text.replaceAll(/[\r\n\t]+/g, ' ').replaceAll(/\p{Cc}/gu, '')
}
