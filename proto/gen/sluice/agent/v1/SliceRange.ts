// Original file: proto/agent/v1/work.proto

import type { Long } from '@grpc/proto-loader';

export interface SliceRangeInput {
  'topicPartition'?: (number);
  'startOffset'?: (number | string | Long);
  'endOffset'?: (number | string | Long);
  'leaderEpoch'?: (number);
}

export interface SliceRange {
  'topicPartition': (number);
  'startOffset': (number);
  'endOffset': (number);
  'leaderEpoch': (number);
}
