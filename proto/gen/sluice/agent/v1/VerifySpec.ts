// Original file: proto/agent/v1/work.proto

import type { MaxComputeConnectionInput as _sluice_agent_v1_MaxComputeConnectionInput, MaxComputeConnection as _sluice_agent_v1_MaxComputeConnection } from '../../../sluice/agent/v1/MaxComputeConnection.ts';
import type { PartitionColumnInput as _sluice_agent_v1_PartitionColumnInput, PartitionColumn as _sluice_agent_v1_PartitionColumn } from '../../../sluice/agent/v1/PartitionColumn.ts';
import type { KafkaConnectionInput as _sluice_agent_v1_KafkaConnectionInput, KafkaConnection as _sluice_agent_v1_KafkaConnection } from '../../../sluice/agent/v1/KafkaConnection.ts';

export interface VerifySpecInput {
  'maxcompute'?: (_sluice_agent_v1_MaxComputeConnectionInput | null);
  'table'?: (string);
  'partitionSpec'?: (_sluice_agent_v1_PartitionColumnInput)[];
  'uploadId'?: (string);
  'kafka'?: (_sluice_agent_v1_KafkaConnectionInput | null);
  'topic'?: (string);
  'topicId'?: (string);
}

export interface VerifySpec {
  'maxcompute': (_sluice_agent_v1_MaxComputeConnection | null);
  'table': (string);
  'partitionSpec': (_sluice_agent_v1_PartitionColumn)[];
  'uploadId': (string);
  'kafka': (_sluice_agent_v1_KafkaConnection | null);
  'topic': (string);
  'topicId': (string);
}
