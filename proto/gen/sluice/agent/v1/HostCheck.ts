// Original file: proto/agent/v1/probe.proto


// Original file: proto/agent/v1/probe.proto

export const _sluice_agent_v1_HostCheck_Outcome = {
  OUTCOME_UNSPECIFIED: 'OUTCOME_UNSPECIFIED',
  OK: 'OK',
  WARNING: 'WARNING',
  FAILED: 'FAILED',
  SKIPPED: 'SKIPPED',
} as const;

export type _sluice_agent_v1_HostCheck_OutcomeInput =
  | 'OUTCOME_UNSPECIFIED'
  | 0
  | 'OK'
  | 1
  | 'WARNING'
  | 2
  | 'FAILED'
  | 3
  | 'SKIPPED'
  | 4

export type _sluice_agent_v1_HostCheck_Outcome = typeof _sluice_agent_v1_HostCheck_Outcome[keyof typeof _sluice_agent_v1_HostCheck_Outcome]

export interface HostCheckInput {
  /**
   * architecture, libc, init, clock, disk, memory, dns, tcp, tls, proxy, token, ...
   */
  'name'?: (string);
  'outcome'?: (_sluice_agent_v1_HostCheck_OutcomeInput);
  'detail'?: (string);
  /**
   * unless OK
   */
  'advice'?: (string);
}

export interface HostCheck {
  /**
   * architecture, libc, init, clock, disk, memory, dns, tcp, tls, proxy, token, ...
   */
  'name': (string);
  'outcome': (_sluice_agent_v1_HostCheck_Outcome);
  'detail': (string);
  /**
   * unless OK
   */
  'advice': (string);
}
