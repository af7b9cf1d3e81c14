// Original file: proto/agent/v1/hello.proto


// Original file: proto/agent/v1/hello.proto

export const _sluice_agent_v1_Fenced_Reason = {
  REASON_UNSPECIFIED: 'REASON_UNSPECIFIED',
  /**
   * another stream of the same agent said Hello later
   */
  NEWER_SESSION: 'NEWER_SESSION',
  /**
   * no such agent, or a wrong key
   */
  UNKNOWN_AGENT: 'UNKNOWN_AGENT',
  REVOKED: 'REVOKED',
  PROTOCOL_VERSION: 'PROTOCOL_VERSION',
  /**
   * frames out of order, wrong epoch, too large
   */
  PROTOCOL_ERROR: 'PROTOCOL_ERROR',
} as const;

export type _sluice_agent_v1_Fenced_ReasonInput =
  | 'REASON_UNSPECIFIED'
  | 0
  /**
   * another stream of the same agent said Hello later
   */
  | 'NEWER_SESSION'
  | 1
  /**
   * no such agent, or a wrong key
   */
  | 'UNKNOWN_AGENT'
  | 2
  | 'REVOKED'
  | 3
  | 'PROTOCOL_VERSION'
  | 4
  /**
   * frames out of order, wrong epoch, too large
   */
  | 'PROTOCOL_ERROR'
  | 5

export type _sluice_agent_v1_Fenced_Reason = typeof _sluice_agent_v1_Fenced_Reason[keyof typeof _sluice_agent_v1_Fenced_Reason]

/**
 * This session is not (or no longer) the agent's. Terminal for the stream.
 */
export interface FencedInput {
  'reason'?: (_sluice_agent_v1_Fenced_ReasonInput);
  'message'?: (string);
}

/**
 * This session is not (or no longer) the agent's. Terminal for the stream.
 */
export interface Fenced {
  'reason': (_sluice_agent_v1_Fenced_Reason);
  'message': (string);
}
