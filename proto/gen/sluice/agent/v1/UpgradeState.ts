// Original file: proto/agent/v1/upgrade.proto

import type { Long } from '@grpc/proto-loader';

// Original file: proto/agent/v1/upgrade.proto

export const _sluice_agent_v1_UpgradeState_Phase = {
  PHASE_UNSPECIFIED: 'PHASE_UNSPECIFIED',
  FETCHING: 'FETCHING',
  DRAINING: 'DRAINING',
  RESTARTING: 'RESTARTING',
  /**
   * said by the new version, once it is connected
   */
  DONE: 'DONE',
  /**
   * said by the old version, which runs again
   */
  ROLLED_BACK: 'ROLLED_BACK',
  /**
   * wrong signature, hash, architecture; no launcher; no disk
   */
  REFUSED: 'REFUSED',
} as const;

export type _sluice_agent_v1_UpgradeState_PhaseInput =
  | 'PHASE_UNSPECIFIED'
  | 0
  | 'FETCHING'
  | 1
  | 'DRAINING'
  | 2
  | 'RESTARTING'
  | 3
  /**
   * said by the new version, once it is connected
   */
  | 'DONE'
  | 4
  /**
   * said by the old version, which runs again
   */
  | 'ROLLED_BACK'
  | 5
  /**
   * wrong signature, hash, architecture; no launcher; no disk
   */
  | 'REFUSED'
  | 6

export type _sluice_agent_v1_UpgradeState_Phase = typeof _sluice_agent_v1_UpgradeState_Phase[keyof typeof _sluice_agent_v1_UpgradeState_Phase]

export interface UpgradeStateInput {
  'upgradeId'?: (number | string | Long);
  'phase'?: (_sluice_agent_v1_UpgradeState_PhaseInput);
  'message'?: (string);
  /**
   * that runs now
   */
  'version'?: (string);
}

export interface UpgradeState {
  'upgradeId': (number);
  'phase': (_sluice_agent_v1_UpgradeState_Phase);
  'message': (string);
  /**
   * that runs now
   */
  'version': (string);
}
