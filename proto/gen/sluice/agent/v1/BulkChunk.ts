// Original file: proto/agent/v1/log.proto


export interface BulkChunkInput {
  'bulkId'?: (string);
  'workId'?: (string);
  'attempt'?: (number);
  /**
   * UTF-8 JSON, cut anywhere
   */
  'data'?: (Buffer | Uint8Array | string);
  'last'?: (boolean);
}

export interface BulkChunk {
  'bulkId': (string);
  'workId': (string);
  'attempt': (number);
  /**
   * UTF-8 JSON, cut anywhere
   */
  'data': (Buffer);
  'last': (boolean);
}
