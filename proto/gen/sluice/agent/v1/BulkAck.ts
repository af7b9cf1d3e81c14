// Original file: proto/agent/v1/log.proto

import type { Long } from '@grpc/proto-loader';

export interface BulkAckInput {
  'bytes'?: (number | string | Long);
}

export interface BulkAck {
  'bytes': (number);
}
