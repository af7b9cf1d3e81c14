/** What a byte can be changed by on its way: the records of the witness tests. */
import { randomBytes } from 'node:crypto'

import type { RecordInput } from '../../agent/kafka/record-batch-writer.ts'

/** The largest value that a STRING or BINARY column takes by default. */
const LARGEST_BYTES = 8 * 1024 * 1024

const ALL_BYTES = Uint8Array.from({ length: 256 }, (_, byte) => byte)

/** Bytes that are not UTF-8: lone continuation, overlong, surrogate, cut character, beyond U+10FFFF. */
const NOT_UTF8 = [
  [0x80],
  [0xc0, 0xaf],
  [0xed, 0xa0, 0x80],
  [0x61, 0xe4, 0xbd],
  [0xf4, 0x90, 0x80, 0x80],
  [0xff, 0xfe, 0x00],
]

const text = (value: string): Uint8Array => Buffer.from(value, 'utf8')

/** Keys, values and headers; the headers are such that `name=value` says all of them. */
export function witnessRecords(): RecordInput[] {
  return [
    { key: text('plain'), value: text('plain text') },
    { key: text('钥匙'), value: text('值 "quoted" \\ \t\r\n \u0000 \u001b 😀 \ufeff') },
    { key: null, value: text('no key') },
    { key: text(''), value: text('an empty key') },
    { key: text('an empty value'), value: text('') },
    { key: text('no value'), value: null },
    { key: null, value: null },
    { key: ALL_BYTES, value: ALL_BYTES },
    ...NOT_UTF8.map((bytes) => ({ key: Uint8Array.from(bytes), value: Uint8Array.from(bytes) })),
    { key: text('one header'), value: text('h1'), headers: [['trace', text('a1')]] },
    {
      key: text('two headers'),
      value: text('h2'),
      headers: [
        ['trace', text('值')],
        ['span', text('b 2')],
      ],
    },
    { key: text('text that looks like null'), value: text('\\N') },
  ]
}

/** As large as a column takes; apart from the others, because every copy of them costs time. */
export function largestRecords(): RecordInput[] {
  return [
    { key: text('largest text'), value: Buffer.alloc(LARGEST_BYTES, '字节') },
    { key: text('largest binary'), value: randomBytes(LARGEST_BYTES) },
  ]
}
