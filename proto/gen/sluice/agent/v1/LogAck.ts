// Original file: proto/agent/v1/log.proto

import type { Long } from '@grpc/proto-loader';

export interface LogAckInput {
  /**
   * first line not yet stored
   */
  'position'?: (number | string | Long);
}

export interface LogAck {
  /**
   * first line not yet stored
   */
  'position': (number);
}
