// Original file: proto/agent/v1/probe.proto


// Original file: proto/agent/v1/probe.proto

export const _sluice_agent_v1_TestStage_Outcome = {
  OUTCOME_UNSPECIFIED: 'OUTCOME_UNSPECIFIED',
  PASSED: 'PASSED',
  FAILED: 'FAILED',
  /**
   * not asked for, or a stage before it failed
   */
  SKIPPED: 'SKIPPED',
} as const;

export type _sluice_agent_v1_TestStage_OutcomeInput =
  | 'OUTCOME_UNSPECIFIED'
  | 0
  | 'PASSED'
  | 1
  | 'FAILED'
  | 2
  /**
   * not asked for, or a stage before it failed
   */
  | 'SKIPPED'
  | 3

export type _sluice_agent_v1_TestStage_Outcome = typeof _sluice_agent_v1_TestStage_Outcome[keyof typeof _sluice_agent_v1_TestStage_Outcome]

export interface TestStageInput {
  /**
   * Kafka: dns tcp tls authentication metadata topic read. MaxCompute: dns tcp tls endpoint
   * credentials project table tunnel session.
   */
  'name'?: (string);
  'outcome'?: (_sluice_agent_v1_TestStage_OutcomeInput);
  'milliseconds'?: (number);
  /**
   * what was seen: addresses, protocol, principal, broker versions, ...
   */
  'detail'?: (string);
  /**
   * of a failed stage
   */
  'advice'?: (string);
}

export interface TestStage {
  /**
   * Kafka: dns tcp tls authentication metadata topic read. MaxCompute: dns tcp tls endpoint
   * credentials project table tunnel session.
   */
  'name': (string);
  'outcome': (_sluice_agent_v1_TestStage_Outcome);
  'milliseconds': (number);
  /**
   * what was seen: addresses, protocol, principal, broker versions, ...
   */
  'detail': (string);
  /**
   * of a failed stage
   */
  'advice': (string);
}
