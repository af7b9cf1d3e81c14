// Original file: proto/agent/v1/hello.proto

import type { Long } from '@grpc/proto-loader';

/**
 * "Are you still there?": asked of a session when someone else says Hello as the same agent.
 */
export interface ProbeInput {
  'nonce'?: (number | string | Long);
}

/**
 * "Are you still there?": asked of a session when someone else says Hello as the same agent.
 */
export interface Probe {
  'nonce': (number);
}
