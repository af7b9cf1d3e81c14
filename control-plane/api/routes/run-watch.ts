import { ApiError } from '../api-error.ts'
import type { Api, ApiContext } from '../context.ts'
import { PAGE_ITEMS_MAX, WATCHERS_MAX } from '../limits.ts'
import { logPage } from '../log-page.ts'
import { RunWatch } from '../run-watch.ts'
import { answers, Nothing } from '../shapes/building-blocks.ts'
import { isFinal } from '../shapes/run-state.ts'
import { RunParams, WatchQuery } from '../shapes/run.ts'
import { runNotFound } from './runs.ts'

/** GET /runs/{id}/watch, a WebSocket. What cannot be watched is refused before the upgrade. */
export function runWatchRoutes(api: Api, { db, runs }: ApiContext): void {
  let watchers = 0
  api.route({
    method: 'GET',
    url: '/runs/:id/watch',
    schema: {
      tags: ['runs'],
      description:
        'WebSocket. JSON text frames: {type: progress | end, progress}, {type: log, line}. ' +
        'Browsers offer the subprotocols sluice.v1 and sluice.token.<token>.',
      params: RunParams,
      querystring: WatchQuery,
      response: answers(200, Nothing),
    },
    preHandler: async ({ params }) => {
      if ((await runs.progress(params.id)) === null) throw runNotFound(params.id)
      if (watchers < WATCHERS_MAX) return
      throw new ApiError('TOO_MANY_WATCHERS', `${WATCHERS_MAX} live connections are open already`)
    },
    handler: async () => {
      throw new ApiError('INVALID_REQUEST', 'this is a WebSocket: send Upgrade: websocket')
    },
    wsHandler: (socket, { params, query, log }) => {
      watchers++
      const watch = new RunWatch(socket, query.afterLogId ?? 0, {
        logPage:
          query.logs === false
            ? null
            : (after) => {
                const page = { after, limit: PAGE_ITEMS_MAX }
                return logPage(db, { kind: 'run', runId: params.id }, page)
              },
        setTimer: setTimeout,
        onError: (error) => log.error({ err: error, runId: params.id }, 'watching a run failed'),
      })
      const unsubscribe = runs.watch(params.id, (progress) => watch.progress(progress))
      socket.on('error', (error) => log.debug({ err: error }, 'a live connection broke'))
      socket.on('close', () => {
        watchers--
        unsubscribe()
        watch.closed()
      })
      // A run that is over calls nobody back any more.
      runs.progress(params.id).then(
        (progress) => {
          if (progress !== null && isFinal(progress.state)) watch.progress(progress)
        },
        (error: unknown) => {
          log.error({ err: error, runId: params.id }, 'a run’s progress cannot be read')
          socket.close(1011, 'an error inside the control plane')
        },
      )
    },
  })
}
