// Original file: proto/agent/v1/work.proto

import type { Long } from '@grpc/proto-loader';

export interface PlannedRangeInput {
  'topicPartition'?: (number);
  'startOffset'?: (number | string | Long);
  /**
   * exclusive
   */
  'endOffset'?: (number | string | Long);
  /**
   * -1: unknown
   */
  'leaderEpoch'?: (number);
  'logStartOffset'?: (number | string | Long);
  /**
   * mean, encoded; 0: no record seen
   */
  'sampledRecordBytes'?: (number);
}

export interface PlannedRange {
  'topicPartition': (number);
  'startOffset': (number);
  /**
   * exclusive
   */
  'endOffset': (number);
  /**
   * -1: unknown
   */
  'leaderEpoch': (number);
  'logStartOffset': (number);
  /**
   * mean, encoded; 0: no record seen
   */
  'sampledRecordBytes': (number);
}
