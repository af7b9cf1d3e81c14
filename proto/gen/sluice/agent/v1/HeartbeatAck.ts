// Original file: proto/agent/v1/heartbeat.proto

import type { Long } from '@grpc/proto-loader';

export interface HeartbeatAckInput {
  'beatNo'?: (number | string | Long);
  'leaseMs'?: (number);
  'beatMs'?: (number);
  'planeTimeMs'?: (number | string | Long);
}

export interface HeartbeatAck {
  'beatNo': (number);
  'leaseMs': (number);
  'beatMs': (number);
  'planeTimeMs': (number);
}
