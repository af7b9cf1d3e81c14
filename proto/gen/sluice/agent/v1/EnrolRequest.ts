// Original file: proto/agent/v1/enrol.proto

import type { HostFactsInput as _sluice_agent_v1_HostFactsInput, HostFacts as _sluice_agent_v1_HostFacts } from '../../../sluice/agent/v1/HostFacts.ts';

export interface EnrolRequestInput {
  /**
   * one time, 30 minutes, bound to a group; only its hash is stored
   */
  'token'?: (string);
  /**
   * SHA-256 (hex) of the secret that the agent made for itself
   */
  'agentKeyHash'?: (string);
  /**
   * wanted name; empty: the hostname
   */
  'name'?: (string);
  'facts'?: (_sluice_agent_v1_HostFactsInput | null);
}

export interface EnrolRequest {
  /**
   * one time, 30 minutes, bound to a group; only its hash is stored
   */
  'token': (string);
  /**
   * SHA-256 (hex) of the secret that the agent made for itself
   */
  'agentKeyHash': (string);
  /**
   * wanted name; empty: the hostname
   */
  'name': (string);
  'facts': (_sluice_agent_v1_HostFacts | null);
}
