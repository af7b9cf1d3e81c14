/**
 * Decoders of compressed blocks. This is AssemblyScript: `npm run gen` makes ../codec-wasm.ts of it. All addresses
 * and lengths are bytes of the module's own memory.
 *
 * W1. Every length and offset is compared before it is used: nothing outside of the input is read as data,
 *     and no byte of the output is made from what was not decoded before it.
 * W2. Within input and output a copy may go on for a few bytes behind what was asked for: whole words are
 *     faster. So both need SLACK_BYTES behind them that nobody minds.
 */
export { decodeLz4Block } from './lz4-block'
export { decodeSnappyBlock } from './snappy-block'
export { xxh32 } from './xxh32'
