/** Problems of a text as lines that editors and people can follow. */
import type { ProblemShape } from '../control-plane/api/shapes/building-blocks.ts'

/** `orders.json:12:9  $.steps[0].parameter.topic  message (found ..., expected ...)` */
export function problemLine(file: string, problem: ProblemShape): string {
  const place = problem.line === null ? file : `${file}:${problem.line}:${problem.column ?? 1}`
  // Many messages say it themselves: nothing is said twice.
  const said = (text: string): boolean => problem.message.includes(text)
  const { found, expected } = problem
  const details = [
    ...(found === null || said(found) ? [] : [`found ${found}`]),
    ...(expected === null || said(expected) ? [] : [`expected ${expected}`]),
  ]
  const suffix = details.length === 0 ? '' : ` (${details.join(', ')})`
  const note = problem.severity === 'note' ? 'note: ' : ''
  return `${place}  ${problem.path}  ${note}${problem.message}${suffix}`
}
