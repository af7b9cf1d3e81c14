// Original file: proto/agent/v1/enrol.proto

import type { Long } from '@grpc/proto-loader';

// Original file: proto/agent/v1/enrol.proto

export const _sluice_agent_v1_CheckReply_Token = {
  /**
   * none was given
   */
  TOKEN_UNSPECIFIED: 'TOKEN_UNSPECIFIED',
  GOOD: 'GOOD',
  UNKNOWN: 'UNKNOWN',
  EXPIRED: 'EXPIRED',
  USED: 'USED',
} as const;

export type _sluice_agent_v1_CheckReply_TokenInput =
  /**
   * none was given
   */
  | 'TOKEN_UNSPECIFIED'
  | 0
  | 'GOOD'
  | 1
  | 'UNKNOWN'
  | 2
  | 'EXPIRED'
  | 3
  | 'USED'
  | 4

export type _sluice_agent_v1_CheckReply_Token = typeof _sluice_agent_v1_CheckReply_Token[keyof typeof _sluice_agent_v1_CheckReply_Token]

export interface CheckReplyInput {
  'planeTimeMs'?: (number | string | Long);
  /**
   * of the control plane
   */
  'version'?: (string);
  'token'?: (_sluice_agent_v1_CheckReply_TokenInput);
  /**
   * of a good token
   */
  'group'?: (string);
}

export interface CheckReply {
  'planeTimeMs': (number);
  /**
   * of the control plane
   */
  'version': (string);
  'token': (_sluice_agent_v1_CheckReply_Token);
  /**
   * of a good token
   */
  'group': (string);
}
