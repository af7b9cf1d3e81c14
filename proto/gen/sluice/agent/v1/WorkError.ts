// Original file: proto/agent/v1/work.proto

import type { DirtyRecordInput as _sluice_agent_v1_DirtyRecordInput, DirtyRecord as _sluice_agent_v1_DirtyRecord } from '../../../sluice/agent/v1/DirtyRecord.ts';

// Original file: proto/agent/v1/work.proto

export const _sluice_agent_v1_WorkError_Retry = {
  RETRY_UNSPECIFIED: 'RETRY_UNSPECIFIED',
  /**
   * the same again would fail again
   */
  FATAL: 'FATAL',
  /**
   * try again later, perhaps elsewhere
   */
  BACKOFF: 'BACKOFF',
  /**
   * the upload session is lost: open a new one, stage everything again
   */
  RESTART_SESSION: 'RESTART_SESSION',
} as const;

export type _sluice_agent_v1_WorkError_RetryInput =
  | 'RETRY_UNSPECIFIED'
  | 0
  /**
   * the same again would fail again
   */
  | 'FATAL'
  | 1
  /**
   * try again later, perhaps elsewhere
   */
  | 'BACKOFF'
  | 2
  /**
   * the upload session is lost: open a new one, stage everything again
   */
  | 'RESTART_SESSION'
  | 3

export type _sluice_agent_v1_WorkError_Retry = typeof _sluice_agent_v1_WorkError_Retry[keyof typeof _sluice_agent_v1_WorkError_Retry]

export interface WorkErrorInput {
  /**
   * closed list: proto/work-error-codes.ts
   */
  'code'?: (string);
  'retry'?: (_sluice_agent_v1_WorkError_RetryInput);
  /**
   * what happened, where, what to do
   */
  'message'?: (string);
  /**
   * topic, topicPartition, offset, table, endpoint, column, ...
   */
  'where'?: ({[key: string]: string});
  'cause'?: (string);
  /**
   * with DIRTY_LIMIT_EXCEEDED: what the slice had kept until then
   */
  'dirty'?: (_sluice_agent_v1_DirtyRecordInput)[];
}

export interface WorkError {
  /**
   * closed list: proto/work-error-codes.ts
   */
  'code': (string);
  'retry': (_sluice_agent_v1_WorkError_Retry);
  /**
   * what happened, where, what to do
   */
  'message': (string);
  /**
   * topic, topicPartition, offset, table, endpoint, column, ...
   */
  'where': ({[key: string]: string});
  'cause': (string);
  /**
   * with DIRTY_LIMIT_EXCEEDED: what the slice had kept until then
   */
  'dirty': (_sluice_agent_v1_DirtyRecord)[];
}
