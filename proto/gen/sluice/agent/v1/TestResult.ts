// Original file: proto/agent/v1/probe.proto

import type { TestStageInput as _sluice_agent_v1_TestStageInput, TestStage as _sluice_agent_v1_TestStage } from '../../../sluice/agent/v1/TestStage.ts';

// Original file: proto/agent/v1/probe.proto

/**
 * DataWorks' words.
 */
export const _sluice_agent_v1_TestResult_Verdict = {
  VERDICT_UNSPECIFIED: 'VERDICT_UNSPECIFIED',
  CONNECTABLE: 'CONNECTABLE',
  /**
   * the network is fine, what was configured is not
   */
  CONFIG_ERROR: 'CONFIG_ERROR',
  UNREACHABLE: 'UNREACHABLE',
  /**
   * this agent cannot test, or use, such a source
   */
  UNSUPPORTED: 'UNSUPPORTED',
} as const;

/**
 * DataWorks' words.
 */
export type _sluice_agent_v1_TestResult_VerdictInput =
  | 'VERDICT_UNSPECIFIED'
  | 0
  | 'CONNECTABLE'
  | 1
  /**
   * the network is fine, what was configured is not
   */
  | 'CONFIG_ERROR'
  | 2
  | 'UNREACHABLE'
  | 3
  /**
   * this agent cannot test, or use, such a source
   */
  | 'UNSUPPORTED'
  | 4

/**
 * DataWorks' words.
 */
export type _sluice_agent_v1_TestResult_Verdict = typeof _sluice_agent_v1_TestResult_Verdict[keyof typeof _sluice_agent_v1_TestResult_Verdict]

export interface TestResultInput {
  'verdict'?: (_sluice_agent_v1_TestResult_VerdictInput);
  /**
   * cause and what to do, of the first stage that failed; empty when connectable
   */
  'message'?: (string);
  'stages'?: (_sluice_agent_v1_TestStageInput)[];
}

export interface TestResult {
  'verdict': (_sluice_agent_v1_TestResult_Verdict);
  /**
   * cause and what to do, of the first stage that failed; empty when connectable
   */
  'message': (string);
  'stages': (_sluice_agent_v1_TestStage)[];
}
