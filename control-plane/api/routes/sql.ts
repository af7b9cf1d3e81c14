import type { Api, ApiContext } from '../context.ts'
import { QUERY_ROWS_DEFAULT } from '../limits.ts'
import { answers } from '../shapes/building-blocks.ts'
import { QueryAnswer, QueryInput } from '../shapes/query.ts'
import { valueOf } from './runs.ts'

export function sqlRoutes(api: Api, { runs }: ApiContext): void {
  api.post(
    '/sql',
    {
      schema: {
        tags: ['sql'],
        description: 'Answers when the statement is done; it is killed when the caller goes away.',
        body: QueryInput,
        response: answers(200, QueryAnswer),
      },
    },
    async ({ body }, reply) => {
      const gone = new AbortController()
      // Also after the answer was sent: then nobody listens to the signal any more.
      reply.raw.once('close', () => gone.abort())
      const request = {
        datasourceName: body.datasource,
        groupName: body.group ?? null,
        sql: body.sql,
        rowsMax: body.rowsMax ?? QUERY_ROWS_DEFAULT,
      }
      return valueOf(await runs.query(request, gone.signal))
    },
  )
}
