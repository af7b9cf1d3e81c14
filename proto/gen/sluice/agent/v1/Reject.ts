// Original file: proto/agent/v1/work.proto


// Original file: proto/agent/v1/work.proto

export const _sluice_agent_v1_Reject_Reason = {
  REASON_UNSPECIFIED: 'REASON_UNSPECIFIED',
  FULL: 'FULL',
  DRAINING: 'DRAINING',
  UNSUPPORTED: 'UNSUPPORTED',
  NO_DISK: 'NO_DISK',
  STALE_ATTEMPT: 'STALE_ATTEMPT',
} as const;

export type _sluice_agent_v1_Reject_ReasonInput =
  | 'REASON_UNSPECIFIED'
  | 0
  | 'FULL'
  | 1
  | 'DRAINING'
  | 2
  | 'UNSUPPORTED'
  | 3
  | 'NO_DISK'
  | 4
  | 'STALE_ATTEMPT'
  | 5

export type _sluice_agent_v1_Reject_Reason = typeof _sluice_agent_v1_Reject_Reason[keyof typeof _sluice_agent_v1_Reject_Reason]

export interface RejectInput {
  'workId'?: (string);
  'attempt'?: (number);
  'reason'?: (_sluice_agent_v1_Reject_ReasonInput);
  'message'?: (string);
}

export interface Reject {
  'workId': (string);
  'attempt': (number);
  'reason': (_sluice_agent_v1_Reject_Reason);
  'message': (string);
}
