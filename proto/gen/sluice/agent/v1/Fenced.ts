// Original file: proto/agent/v1/hello.proto


// Original file: proto/agent/v1/hello.proto

export const _sluice_agent_v1_Fenced_Reason = {
  REASON_UNSPECIFIED: 'REASON_UNSPECIFIED',
  /**
   * another stream of the same agent said Hello later
   */
  NEWER_SESSION: 'NEWER_SESSION',
  /**
   * no such agent, or not its key
   */
  UNKNOWN_AGENT: 'UNKNOWN_AGENT',
  REVOKED: 'REVOKED',
  PROTOCOL_VERSION: 'PROTOCOL_VERSION',
  /**
   * frames out of order, wrong epoch, too large
   */
  PROTOCOL_ERROR: 'PROTOCOL_ERROR',
  /**
   * a copy, or a restored snapshot, of an agent: a person decides; ask again now and then
   */
  QUARANTINED: 'QUARANTINED',
  /**
   * decided: forget who you were, make a key, enrol with `enrol_token`
   */
  BECOME_NEW: 'BECOME_NEW',
  /**
   * renew it (RenewCertificate call), then say hello again
   */
  CERTIFICATE_EXPIRED: 'CERTIFICATE_EXPIRED',
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
   * no such agent, or not its key
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
  /**
   * a copy, or a restored snapshot, of an agent: a person decides; ask again now and then
   */
  | 'QUARANTINED'
  | 6
  /**
   * decided: forget who you were, make a key, enrol with `enrol_token`
   */
  | 'BECOME_NEW'
  | 7
  /**
   * renew it (RenewCertificate call), then say hello again
   */
  | 'CERTIFICATE_EXPIRED'
  | 8

export type _sluice_agent_v1_Fenced_Reason = typeof _sluice_agent_v1_Fenced_Reason[keyof typeof _sluice_agent_v1_Fenced_Reason]

/**
 * This session is not (or no longer) the agent's. Terminal for the stream.
 */
export interface FencedInput {
  'reason'?: (_sluice_agent_v1_Fenced_ReasonInput);
  'message'?: (string);
  /**
   * with BECOME_NEW: one time
   */
  'enrolToken'?: (string);
}

/**
 * This session is not (or no longer) the agent's. Terminal for the stream.
 */
export interface Fenced {
  'reason': (_sluice_agent_v1_Fenced_Reason);
  'message': (string);
  /**
   * with BECOME_NEW: one time
   */
  'enrolToken': (string);
}
