// Original file: proto/agent/v1/work.proto

import type { Long } from '@grpc/proto-loader';

export interface PositionInput {
  'offset'?: (number | string | Long);
  'timeMs'?: (number | string | Long);
  'beginning'?: (boolean);
  'groupOffset'?: (boolean);
  'logEnd'?: (boolean);
  'ledger'?: (boolean);
  'at'?: "offset"|"timeMs"|"beginning"|"groupOffset"|"logEnd"|"ledger";
}

export interface Position {
  'offset'?: (number);
  'timeMs'?: (number);
  'beginning'?: (boolean);
  'groupOffset'?: (boolean);
  'logEnd'?: (boolean);
  'ledger'?: (boolean);
  'at'?: "offset"|"timeMs"|"beginning"|"groupOffset"|"logEnd"|"ledger";
}
