// Original file: proto/agent/v1/work.proto

import type { PlanSpecInput as _sluice_agent_v1_PlanSpecInput, PlanSpec as _sluice_agent_v1_PlanSpec } from '../../../sluice/agent/v1/PlanSpec.ts';
import type { OpenSpecInput as _sluice_agent_v1_OpenSpecInput, OpenSpec as _sluice_agent_v1_OpenSpec } from '../../../sluice/agent/v1/OpenSpec.ts';
import type { SliceSpecInput as _sluice_agent_v1_SliceSpecInput, SliceSpec as _sluice_agent_v1_SliceSpec } from '../../../sluice/agent/v1/SliceSpec.ts';
import type { VerifySpecInput as _sluice_agent_v1_VerifySpecInput, VerifySpec as _sluice_agent_v1_VerifySpec } from '../../../sluice/agent/v1/VerifySpec.ts';
import type { CompleteSpecInput as _sluice_agent_v1_CompleteSpecInput, CompleteSpec as _sluice_agent_v1_CompleteSpec } from '../../../sluice/agent/v1/CompleteSpec.ts';
import type { PublishSpecInput as _sluice_agent_v1_PublishSpecInput, PublishSpec as _sluice_agent_v1_PublishSpec } from '../../../sluice/agent/v1/PublishSpec.ts';
import type { QuerySpecInput as _sluice_agent_v1_QuerySpecInput, QuerySpec as _sluice_agent_v1_QuerySpec } from '../../../sluice/agent/v1/QuerySpec.ts';
import type { TestSpecInput as _sluice_agent_v1_TestSpecInput, TestSpec as _sluice_agent_v1_TestSpec } from '../../../sluice/agent/v1/TestSpec.ts';
import type { DiagnoseSpecInput as _sluice_agent_v1_DiagnoseSpecInput, DiagnoseSpec as _sluice_agent_v1_DiagnoseSpec } from '../../../sluice/agent/v1/DiagnoseSpec.ts';

/**
 * Work is what the control plane hands to an agent: a slice, or one of the few steps of a run that
 * touch Kafka or MaxCompute, or a query. `attempt` is its fencing token: it grows with each
 * assignment, and whatever carries an older one is refused.
 */
export interface AssignInput {
  /**
   * "run-12/plan", "run-12/slice-3", "query-<uuid>", "test-<uuid>", "diagnose-<uuid>"
   */
  'workId'?: (string);
  'attempt'?: (number);
  'plan'?: (_sluice_agent_v1_PlanSpecInput | null);
  'open'?: (_sluice_agent_v1_OpenSpecInput | null);
  'slice'?: (_sluice_agent_v1_SliceSpecInput | null);
  'verify'?: (_sluice_agent_v1_VerifySpecInput | null);
  'complete'?: (_sluice_agent_v1_CompleteSpecInput | null);
  'publish'?: (_sluice_agent_v1_PublishSpecInput | null);
  'query'?: (_sluice_agent_v1_QuerySpecInput | null);
  'test'?: (_sluice_agent_v1_TestSpecInput | null);
  'diagnose'?: (_sluice_agent_v1_DiagnoseSpecInput | null);
  'spec'?: "plan"|"open"|"slice"|"verify"|"complete"|"publish"|"query"|"test"|"diagnose";
}

/**
 * Work is what the control plane hands to an agent: a slice, or one of the few steps of a run that
 * touch Kafka or MaxCompute, or a query. `attempt` is its fencing token: it grows with each
 * assignment, and whatever carries an older one is refused.
 */
export interface Assign {
  /**
   * "run-12/plan", "run-12/slice-3", "query-<uuid>", "test-<uuid>", "diagnose-<uuid>"
   */
  'workId': (string);
  'attempt': (number);
  'plan'?: (_sluice_agent_v1_PlanSpec | null);
  'open'?: (_sluice_agent_v1_OpenSpec | null);
  'slice'?: (_sluice_agent_v1_SliceSpec | null);
  'verify'?: (_sluice_agent_v1_VerifySpec | null);
  'complete'?: (_sluice_agent_v1_CompleteSpec | null);
  'publish'?: (_sluice_agent_v1_PublishSpec | null);
  'query'?: (_sluice_agent_v1_QuerySpec | null);
  'test'?: (_sluice_agent_v1_TestSpec | null);
  'diagnose'?: (_sluice_agent_v1_DiagnoseSpec | null);
  'spec'?: "plan"|"open"|"slice"|"verify"|"complete"|"publish"|"query"|"test"|"diagnose";
}
