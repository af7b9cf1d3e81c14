// Original file: proto/agent/v1/hello.proto

import type { ReconcileDecisionInput as _sluice_agent_v1_ReconcileDecisionInput, ReconcileDecision as _sluice_agent_v1_ReconcileDecision } from '../../../sluice/agent/v1/ReconcileDecision.ts';

export interface WelcomeInput {
  'protocolVersion'?: (number);
  'leaseMs'?: (number);
  'beatMs'?: (number);
  'reconcile'?: (_sluice_agent_v1_ReconcileDecisionInput)[];
}

export interface Welcome {
  'protocolVersion': (number);
  'leaseMs': (number);
  'beatMs': (number);
  'reconcile': (_sluice_agent_v1_ReconcileDecision)[];
}
