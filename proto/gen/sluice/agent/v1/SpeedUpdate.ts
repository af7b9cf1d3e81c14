// Original file: proto/agent/v1/work.proto

import type { Long } from '@grpc/proto-loader';

/**
 * A new limit of a running slice: the group's budget is shared anew whenever its runs change.
 */
export interface SpeedUpdateInput {
  'workId'?: (string);
  'attempt'?: (number);
  /**
   * 0: no limit
   */
  'bytesPerSecond'?: (number | string | Long);
}

/**
 * A new limit of a running slice: the group's budget is shared anew whenever its runs change.
 */
export interface SpeedUpdate {
  'workId': (string);
  'attempt': (number);
  /**
   * 0: no limit
   */
  'bytesPerSecond': (number);
}
