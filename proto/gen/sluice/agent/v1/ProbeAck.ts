// Original file: proto/agent/v1/hello.proto

import type { Long } from '@grpc/proto-loader';

export interface ProbeAckInput {
  'nonce'?: (number | string | Long);
}

export interface ProbeAck {
  'nonce': (number);
}
