// Original file: proto/agent/v1/hello.proto


// Original file: proto/agent/v1/hello.proto

export const _sluice_agent_v1_ReconcileDecision_Verdict = {
  VERDICT_UNSPECIFIED: 'VERDICT_UNSPECIFIED',
  /**
   * go on
   */
  KEEP: 'KEEP',
  /**
   * fenced: another attempt is current, or the run is over; discard
   */
  STOP: 'STOP',
  /**
   * the spooled result is wanted
   */
  SEND_RESULT: 'SEND_RESULT',
  /**
   * the spooled result is of a fenced attempt: forget it
   */
  DROP_RESULT: 'DROP_RESULT',
} as const;

export type _sluice_agent_v1_ReconcileDecision_VerdictInput =
  | 'VERDICT_UNSPECIFIED'
  | 0
  /**
   * go on
   */
  | 'KEEP'
  | 1
  /**
   * fenced: another attempt is current, or the run is over; discard
   */
  | 'STOP'
  | 2
  /**
   * the spooled result is wanted
   */
  | 'SEND_RESULT'
  | 3
  /**
   * the spooled result is of a fenced attempt: forget it
   */
  | 'DROP_RESULT'
  | 4

export type _sluice_agent_v1_ReconcileDecision_Verdict = typeof _sluice_agent_v1_ReconcileDecision_Verdict[keyof typeof _sluice_agent_v1_ReconcileDecision_Verdict]

export interface ReconcileDecisionInput {
  'workId'?: (string);
  'attempt'?: (number);
  'verdict'?: (_sluice_agent_v1_ReconcileDecision_VerdictInput);
}

export interface ReconcileDecision {
  'workId': (string);
  'attempt': (number);
  'verdict': (_sluice_agent_v1_ReconcileDecision_Verdict);
}
