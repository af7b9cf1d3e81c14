// Original file: proto/agent/v1/work.proto


// Original file: proto/agent/v1/work.proto

export const _sluice_agent_v1_CompleteResult_Outcome = {
  OUTCOME_UNSPECIFIED: 'OUTCOME_UNSPECIFIED',
  COMMITTED: 'COMMITTED',
  /**
   * neither normal nor closed: a person decides
   */
  UNKNOWN: 'UNKNOWN',
} as const;

export type _sluice_agent_v1_CompleteResult_OutcomeInput =
  | 'OUTCOME_UNSPECIFIED'
  | 0
  | 'COMMITTED'
  | 1
  /**
   * neither normal nor closed: a person decides
   */
  | 'UNKNOWN'
  | 2

export type _sluice_agent_v1_CompleteResult_Outcome = typeof _sluice_agent_v1_CompleteResult_Outcome[keyof typeof _sluice_agent_v1_CompleteResult_Outcome]

export interface CompleteResultInput {
  'outcome'?: (_sluice_agent_v1_CompleteResult_OutcomeInput);
  'sessionStatus'?: (string);
  'evidence'?: (string);
  'notes'?: (string)[];
}

export interface CompleteResult {
  'outcome': (_sluice_agent_v1_CompleteResult_Outcome);
  'sessionStatus': (string);
  'evidence': (string);
  'notes': (string)[];
}
