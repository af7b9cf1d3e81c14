// Original file: proto/agent/v1/work.proto

import type { Long } from '@grpc/proto-loader';

export interface DirtyRecordInput {
  'topicPartition'?: (number);
  'offset'?: (number | string | Long);
  'column'?: (string);
  'reason'?: (string);
  /**
   * at most DIRTY_RAW_BYTES_MAX
   */
  'rawValue'?: (Buffer | Uint8Array | string);
  'rawCut'?: (boolean);
}

export interface DirtyRecord {
  'topicPartition': (number);
  'offset': (number);
  'column': (string);
  'reason': (string);
  /**
   * at most DIRTY_RAW_BYTES_MAX
   */
  'rawValue': (Buffer);
  'rawCut': (boolean);
}
