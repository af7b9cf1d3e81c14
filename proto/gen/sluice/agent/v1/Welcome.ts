// Original file: proto/agent/v1/hello.proto

import type { ReconcileDecisionInput as _sluice_agent_v1_ReconcileDecisionInput, ReconcileDecision as _sluice_agent_v1_ReconcileDecision } from '../../../sluice/agent/v1/ReconcileDecision.ts';
import type { Long } from '@grpc/proto-loader';

export interface WelcomeInput {
  'protocolVersion'?: (number);
  'leaseMs'?: (number);
  'beatMs'?: (number);
  'reconcile'?: (_sluice_agent_v1_ReconcileDecisionInput)[];
  /**
   * on the agent's disk before Reconciled is sent
   */
  'generation'?: (number | string | Long);
  /**
   * as it is called now
   */
  'agentName'?: (string);
  'group'?: (string);
}

export interface Welcome {
  'protocolVersion': (number);
  'leaseMs': (number);
  'beatMs': (number);
  'reconcile': (_sluice_agent_v1_ReconcileDecision)[];
  /**
   * on the agent's disk before Reconciled is sent
   */
  'generation': (number);
  /**
   * as it is called now
   */
  'agentName': (string);
  'group': (string);
}
