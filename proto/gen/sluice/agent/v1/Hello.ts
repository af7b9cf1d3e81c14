// Original file: proto/agent/v1/hello.proto

import type { HostFactsInput as _sluice_agent_v1_HostFactsInput, HostFacts as _sluice_agent_v1_HostFacts } from '../../../sluice/agent/v1/HostFacts.ts';
import type { InflightWorkInput as _sluice_agent_v1_InflightWorkInput, InflightWork as _sluice_agent_v1_InflightWork } from '../../../sluice/agent/v1/InflightWork.ts';
import type { WorkRefInput as _sluice_agent_v1_WorkRefInput, WorkRef as _sluice_agent_v1_WorkRef } from '../../../sluice/agent/v1/WorkRef.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * The agent proves who it is by its client certificate.
 */
export interface HelloInput {
  'protocolVersionMin'?: (number);
  'protocolVersionMax'?: (number);
  'capabilities'?: (string)[];
  'facts'?: (_sluice_agent_v1_HostFactsInput | null);
  /**
   * new at every start of the agent process: tells a restart from a reconnect
   */
  'processId'?: (string);
  /**
   * slices at once
   */
  'channels'?: (number);
  /**
   * everything running here
   */
  'inflight'?: (_sluice_agent_v1_InflightWorkInput)[];
  /**
   * results on disk that were never acknowledged
   */
  'spooledResults'?: (_sluice_agent_v1_WorkRefInput)[];
  /**
   * as on disk: 0 at first, then what the last Welcome gave
   */
  'generation'?: (number | string | Long);
}

/**
 * The agent proves who it is by its client certificate.
 */
export interface Hello {
  'protocolVersionMin': (number);
  'protocolVersionMax': (number);
  'capabilities': (string)[];
  'facts': (_sluice_agent_v1_HostFacts | null);
  /**
   * new at every start of the agent process: tells a restart from a reconnect
   */
  'processId': (string);
  /**
   * slices at once
   */
  'channels': (number);
  /**
   * everything running here
   */
  'inflight': (_sluice_agent_v1_InflightWork)[];
  /**
   * results on disk that were never acknowledged
   */
  'spooledResults': (_sluice_agent_v1_WorkRef)[];
  /**
   * as on disk: 0 at first, then what the last Welcome gave
   */
  'generation': (number);
}
