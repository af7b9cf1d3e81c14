/** What a decoder answers instead of where its output ends: the bytes are not a block. */
export const CORRUPT: usize = 0
/** The block has more bytes than there is room. */
export const NO_ROOM: usize = 1
/** What is behind input and output, for words that are longer than what was asked for: W2 of index.ts. */
export const SLACK_BYTES: usize = 64
