// Original file: proto/agent/v1/probe.proto


// Original file: proto/agent/v1/probe.proto

export const _sluice_agent_v1_DiagnoseSpec_What = {
  WHAT_UNSPECIFIED: 'WHAT_UNSPECIFIED',
  /**
   * the preflight's checks, now
   */
  DOCTOR: 'DOCTOR',
  /**
   * the newest lines of the agent's own log, also those that were never sent
   */
  LOGS: 'LOGS',
} as const;

export type _sluice_agent_v1_DiagnoseSpec_WhatInput =
  | 'WHAT_UNSPECIFIED'
  | 0
  /**
   * the preflight's checks, now
   */
  | 'DOCTOR'
  | 1
  /**
   * the newest lines of the agent's own log, also those that were never sent
   */
  | 'LOGS'
  | 2

export type _sluice_agent_v1_DiagnoseSpec_What = typeof _sluice_agent_v1_DiagnoseSpec_What[keyof typeof _sluice_agent_v1_DiagnoseSpec_What]

export interface DiagnoseSpecInput {
  'what'?: (_sluice_agent_v1_DiagnoseSpec_WhatInput);
  'linesMax'?: (number);
}

export interface DiagnoseSpec {
  'what': (_sluice_agent_v1_DiagnoseSpec_What);
  'linesMax': (number);
}
