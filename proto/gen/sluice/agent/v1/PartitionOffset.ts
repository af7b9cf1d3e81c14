// Original file: proto/agent/v1/work.proto

import type { Long } from '@grpc/proto-loader';

export interface PartitionOffsetInput {
  'topicPartition'?: (number);
  'offset'?: (number | string | Long);
}

export interface PartitionOffset {
  'topicPartition': (number);
  'offset': (number);
}
