// Original file: proto/agent/v1/work.proto

import type { MaxComputeConnectionInput as _sluice_agent_v1_MaxComputeConnectionInput, MaxComputeConnection as _sluice_agent_v1_MaxComputeConnection } from '../../../sluice/agent/v1/MaxComputeConnection.ts';

export interface QuerySpecInput {
  'maxcompute'?: (_sluice_agent_v1_MaxComputeConnectionInput | null);
  'sql'?: (string);
  'hints'?: ({[key: string]: string});
  'rowsMax'?: (number);
}

export interface QuerySpec {
  'maxcompute': (_sluice_agent_v1_MaxComputeConnection | null);
  'sql': (string);
  'hints': ({[key: string]: string});
  'rowsMax': (number);
}
