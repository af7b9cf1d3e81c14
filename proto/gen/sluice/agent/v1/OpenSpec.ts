// Original file: proto/agent/v1/work.proto

import type { MaxComputeConnectionInput as _sluice_agent_v1_MaxComputeConnectionInput, MaxComputeConnection as _sluice_agent_v1_MaxComputeConnection } from '../../../sluice/agent/v1/MaxComputeConnection.ts';
import type { PartitionColumnInput as _sluice_agent_v1_PartitionColumnInput, PartitionColumn as _sluice_agent_v1_PartitionColumn } from '../../../sluice/agent/v1/PartitionColumn.ts';

export interface OpenSpecInput {
  'maxcompute'?: (_sluice_agent_v1_MaxComputeConnectionInput | null);
  'table'?: (string);
  'partitionSpec'?: (_sluice_agent_v1_PartitionColumnInput)[];
  /**
   * truncate: true
   */
  'overwrite'?: (boolean);
  'preSql'?: (string)[];
}

export interface OpenSpec {
  'maxcompute': (_sluice_agent_v1_MaxComputeConnection | null);
  'table': (string);
  'partitionSpec': (_sluice_agent_v1_PartitionColumn)[];
  /**
   * truncate: true
   */
  'overwrite': (boolean);
  'preSql': (string)[];
}
