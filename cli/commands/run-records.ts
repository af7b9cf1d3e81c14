/** What belongs to one run: its slices and its dirty records. */
import type { Command } from 'commander'

import { PAGE_ITEMS_MAX } from '../../control-plane/api/limits.ts'
import type { DirtyRecordShape, SliceShape } from '../../control-plane/api/shapes/run.ts'
import { formatBytes, formatClock, formatCount } from '../format.ts'
import { type ListOutput, type ListView, printList, withListOutput } from '../output.ts'
import { wholeNumber } from '../read-input.ts'
import { runId } from '../run-id.ts'
import type { Act } from '../session.ts'
import { errorSummary } from './run-error.ts'

const OVER: readonly string[] = ['succeeded', 'failed', 'killed']

/** Of a raw value, in a table; the JSON output has all that was kept. */
const RAW_CHARS_SHOWN = 60

type ShownSlice = Omit<SliceShape, 'state'> & { readonly state: string }

const sliceView: ListView<ShownSlice> = {
  columns: [
    { title: 'SLICE', value: (slice) => String(slice.sliceNo), align: 'right' },
    { title: 'STATE', value: (slice) => slice.state },
    { title: 'ATTEMPT', value: (slice) => String(slice.attempt), align: 'right' },
    { title: 'AGENT', value: (slice) => slice.agent ?? '-' },
    { title: 'ROWS', value: (slice) => formatCount(slice.rows), align: 'right' },
    { title: 'READ', value: (slice) => formatBytes(slice.bytesRead), align: 'right' },
    { title: 'SENT', value: (slice) => formatBytes(slice.bytesSent), align: 'right' },
    { title: 'DIRTY', value: (slice) => formatCount(slice.dirtyRecords), align: 'right' },
    { title: 'TOOK', value: took, align: 'right' },
    { title: 'LAST ERROR', value: (slice) => errorSummary(slice.error) },
  ],
  name: (slice) => String(slice.sliceNo),
  empty: 'The run has no slices (yet).',
}

const dirtyView: ListView<DirtyRecordShape> = {
  columns: [
    { title: 'TOPIC', value: (record) => record.topic },
    { title: 'PARTITION', value: (record) => String(record.topicPartition), align: 'right' },
    { title: 'OFFSET', value: (record) => String(record.offset), align: 'right' },
    { title: 'COLUMN', value: (record) => record.column },
    { title: 'REASON', value: (record) => record.reason },
    { title: 'VALUE', value: rawText },
  ],
  name: (record) => `${record.topic}/${record.topicPartition}/${record.offset}`,
  empty: 'The run has no dirty records.',
}

export function slicesCommand(run: Command, act: Act): void {
  withListOutput(run.command('slices <id>').description("the run's slices")).action(
    act(async (session, id: string, how: ListOutput) => {
      const { state } = await session.client.showRun(runId(id))
      const { items } = await session.client.runSlices(runId(id))
      const isEnded = OVER.includes(state) && how.output === 'table'
      printList(session, sliceView, isEnded ? items.map(ofEndedRun) : items, how)
    }),
  )
}

export function dirtyCommand(run: Command, act: Act): void {
  withListOutput(
    run
      .command('dirty <id>')
      .description('records that could not be converted, with the reason')
      .option('--limit <count>', 'at most so many', wholeNumber(1, PAGE_ITEMS_MAX), 100)
      .option('--all', 'every one, as JSON lines'),
  ).action(
    act(async (session, id: string, how: ListOutput & { limit: number; all?: boolean }) => {
      if (how.all === true) {
        const answer = await session.client.runDirtyLines(runId(id))
        const decoder = new TextDecoder()
        for await (const chunk of answer.body ?? []) {
          process.stdout.write(decoder.decode(chunk, { stream: true }))
        }
        return
      }
      const page = await session.client.runDirty(runId(id), undefined, how.limit)
      printList(session, dirtyView, page.items, how)
      if (page.nextAfter !== null && how.output === 'table') {
        session.err('There are more: --all prints every one as a JSON line.')
      }
    }),
  )
}

/** Slices keep the state that they had when their run ended: nothing is under way there any more. */
function ofEndedRun(slice: ShownSlice): ShownSlice {
  if (slice.state === 'staged' || slice.state === 'failed') return slice
  return { ...slice, state: 'dropped', startedAtMs: null }
}

function took(slice: ShownSlice): string {
  if (slice.startedAtMs === null) return '-'
  return formatClock((slice.finishedAtMs ?? Date.now()) - slice.startedAtMs)
}

function rawText(record: DirtyRecordShape): string {
  const text = Buffer.from(record.rawBase64, 'base64').toString('utf8')
  const isCut = record.rawCut || text.length > RAW_CHARS_SHOWN
  return text.slice(0, RAW_CHARS_SHOWN) + (isCut ? '…' : '')
}
