// Original file: proto/agent/v1/work.proto

import type { WorkErrorInput as _sluice_agent_v1_WorkErrorInput, WorkError as _sluice_agent_v1_WorkError } from '../../../sluice/agent/v1/WorkError.ts';
import type { PlanResultInput as _sluice_agent_v1_PlanResultInput, PlanResult as _sluice_agent_v1_PlanResult } from '../../../sluice/agent/v1/PlanResult.ts';
import type { OpenResultInput as _sluice_agent_v1_OpenResultInput, OpenResult as _sluice_agent_v1_OpenResult } from '../../../sluice/agent/v1/OpenResult.ts';
import type { SliceResultInput as _sluice_agent_v1_SliceResultInput, SliceResult as _sluice_agent_v1_SliceResult } from '../../../sluice/agent/v1/SliceResult.ts';
import type { VerifyResultInput as _sluice_agent_v1_VerifyResultInput, VerifyResult as _sluice_agent_v1_VerifyResult } from '../../../sluice/agent/v1/VerifyResult.ts';
import type { CompleteResultInput as _sluice_agent_v1_CompleteResultInput, CompleteResult as _sluice_agent_v1_CompleteResult } from '../../../sluice/agent/v1/CompleteResult.ts';
import type { PublishResultInput as _sluice_agent_v1_PublishResultInput, PublishResult as _sluice_agent_v1_PublishResult } from '../../../sluice/agent/v1/PublishResult.ts';
import type { QueryResultInput as _sluice_agent_v1_QueryResultInput, QueryResult as _sluice_agent_v1_QueryResult } from '../../../sluice/agent/v1/QueryResult.ts';
import type { TestResultInput as _sluice_agent_v1_TestResultInput, TestResult as _sluice_agent_v1_TestResult } from '../../../sluice/agent/v1/TestResult.ts';
import type { DiagnoseResultInput as _sluice_agent_v1_DiagnoseResultInput, DiagnoseResult as _sluice_agent_v1_DiagnoseResult } from '../../../sluice/agent/v1/DiagnoseResult.ts';
import type { Long } from '@grpc/proto-loader';

export interface ResultInput {
  'workId'?: (string);
  'attempt'?: (number);
  'finishedAtMs'?: (number | string | Long);
  'error'?: (_sluice_agent_v1_WorkErrorInput | null);
  'plan'?: (_sluice_agent_v1_PlanResultInput | null);
  'open'?: (_sluice_agent_v1_OpenResultInput | null);
  'slice'?: (_sluice_agent_v1_SliceResultInput | null);
  'verify'?: (_sluice_agent_v1_VerifyResultInput | null);
  'complete'?: (_sluice_agent_v1_CompleteResultInput | null);
  'publish'?: (_sluice_agent_v1_PublishResultInput | null);
  'query'?: (_sluice_agent_v1_QueryResultInput | null);
  'test'?: (_sluice_agent_v1_TestResultInput | null);
  'diagnose'?: (_sluice_agent_v1_DiagnoseResultInput | null);
  'outcome'?: "error"|"plan"|"open"|"slice"|"verify"|"complete"|"publish"|"query"|"test"|"diagnose";
}

export interface Result {
  'workId': (string);
  'attempt': (number);
  'finishedAtMs': (number);
  'error'?: (_sluice_agent_v1_WorkError | null);
  'plan'?: (_sluice_agent_v1_PlanResult | null);
  'open'?: (_sluice_agent_v1_OpenResult | null);
  'slice'?: (_sluice_agent_v1_SliceResult | null);
  'verify'?: (_sluice_agent_v1_VerifyResult | null);
  'complete'?: (_sluice_agent_v1_CompleteResult | null);
  'publish'?: (_sluice_agent_v1_PublishResult | null);
  'query'?: (_sluice_agent_v1_QueryResult | null);
  'test'?: (_sluice_agent_v1_TestResult | null);
  'diagnose'?: (_sluice_agent_v1_DiagnoseResult | null);
  'outcome'?: "error"|"plan"|"open"|"slice"|"verify"|"complete"|"publish"|"query"|"test"|"diagnose";
}
