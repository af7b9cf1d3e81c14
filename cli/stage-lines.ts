/** The stages of a connectivity test, for people. */
import type { ConnectivityResult } from '../control-plane/api/shapes/connectivity.ts'
import { renderTable } from './table.ts'

type Stage = ConnectivityResult['stages'][number]

/** One line a stage; what to do stands behind what was seen. */
export function stageLines(stages: readonly Stage[]): string[] {
  const columns = [
    { title: 'STAGE', value: (stage: Stage) => stage.name },
    { title: 'OUTCOME', value: (stage: Stage) => stage.outcome },
    { title: 'MS', value: (stage: Stage) => String(stage.milliseconds), align: 'right' as const },
    {
      title: 'DETAIL',
      value: ({ detail, advice }: Stage) => (advice === '' ? detail : `${detail}: ${advice}`),
    },
  ]
  return renderTable(columns, stages, { headers: true }).map((line) => `  ${line}`)
}
