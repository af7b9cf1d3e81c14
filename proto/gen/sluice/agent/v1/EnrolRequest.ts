// Original file: proto/agent/v1/enrol.proto

import type { HostFactsInput as _sluice_agent_v1_HostFactsInput, HostFacts as _sluice_agent_v1_HostFacts } from '../../../sluice/agent/v1/HostFacts.ts';

export interface EnrolRequestInput {
  /**
   * one time, 30 minutes, bound to a group; only its hash is stored
   */
  'token'?: (string);
  /**
   * PKCS#10, signed by the key that the agent made for itself
   */
  'csrDer'?: (Buffer | Uint8Array | string);
  /**
   * wanted name; empty: as the token says, else the hostname
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
   * PKCS#10, signed by the key that the agent made for itself
   */
  'csrDer': (Buffer);
  /**
   * wanted name; empty: as the token says, else the hostname
   */
  'name': (string);
  'facts': (_sluice_agent_v1_HostFacts | null);
}
