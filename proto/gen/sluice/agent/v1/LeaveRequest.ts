// Original file: proto/agent/v1/enrol.proto

import type { HostFactsInput as _sluice_agent_v1_HostFactsInput, HostFacts as _sluice_agent_v1_HostFacts } from '../../../sluice/agent/v1/HostFacts.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * The agent is being uninstalled: it is revoked. Said with its own certificate, which may be expired;
 * refused to a copy.
 */
export interface LeaveRequestInput {
  'generation'?: (number | string | Long);
  'facts'?: (_sluice_agent_v1_HostFactsInput | null);
}

/**
 * The agent is being uninstalled: it is revoked. Said with its own certificate, which may be expired;
 * refused to a copy.
 */
export interface LeaveRequest {
  'generation': (number);
  'facts': (_sluice_agent_v1_HostFacts | null);
}
