/** One frame of a session. A Result with all its dirty records must fit; query rows go as bulk. */
export const FRAME_BYTES_MAX = 4 * 1024 * 1024
/** What gRPC itself refuses, on both sides: above FRAME_BYTES_MAX, so that a frame that is too large can be answered by name. */
export const MESSAGE_BYTES_MAX = 8 * 1024 * 1024
/** Control frames that wait for a slow peer, per stream. */
export const CONTROL_OUTBOX_BYTES_MAX = 256 * 1024
/** One body sent by DeliverBulk. */
export const BULK_BYTES_MAX = 16 * 1024 * 1024
export const BULK_CHUNK_BYTES = 256 * 1024
/** One LogChunk: whichever comes first. */
export const LOG_CHUNK_BYTES_MAX = 64 * 1024
export const LOG_CHUNK_LINES_MAX = 500
/** LogChunks sent and not yet acknowledged. */
export const LOG_CHUNKS_UNACKED_MAX = 4
/** One log line; what is longer is cut, and says so. */
export const LOG_LINE_BYTES_MAX = 16 * 1024
/** Entries in Hello's two lists together. */
export const HELLO_WORK_MAX = 10_000
