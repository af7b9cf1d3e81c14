// Original file: proto/agent/v1/work.proto

import type { MaxComputeConnectionInput as _sluice_agent_v1_MaxComputeConnectionInput, MaxComputeConnection as _sluice_agent_v1_MaxComputeConnection } from '../../../sluice/agent/v1/MaxComputeConnection.ts';
import type { PartitionColumnInput as _sluice_agent_v1_PartitionColumnInput, PartitionColumn as _sluice_agent_v1_PartitionColumn } from '../../../sluice/agent/v1/PartitionColumn.ts';

export interface CompleteSpecInput {
  'maxcompute'?: (_sluice_agent_v1_MaxComputeConnectionInput | null);
  'table'?: (string);
  'partitionSpec'?: (_sluice_agent_v1_PartitionColumnInput)[];
  'uploadId'?: (string);
  'blockIds'?: (number)[];
  'postSql'?: (string)[];
}

export interface CompleteSpec {
  'maxcompute': (_sluice_agent_v1_MaxComputeConnection | null);
  'table': (string);
  'partitionSpec': (_sluice_agent_v1_PartitionColumn)[];
  'uploadId': (string);
  'blockIds': (number)[];
  'postSql': (string)[];
}
