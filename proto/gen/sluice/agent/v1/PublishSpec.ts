// Original file: proto/agent/v1/work.proto

import type { KafkaConnectionInput as _sluice_agent_v1_KafkaConnectionInput, KafkaConnection as _sluice_agent_v1_KafkaConnection } from '../../../sluice/agent/v1/KafkaConnection.ts';
import type { PartitionOffsetInput as _sluice_agent_v1_PartitionOffsetInput, PartitionOffset as _sluice_agent_v1_PartitionOffset } from '../../../sluice/agent/v1/PartitionOffset.ts';

export interface PublishSpecInput {
  'kafka'?: (_sluice_agent_v1_KafkaConnectionInput | null);
  'groupId'?: (string);
  'topic'?: (string);
  'offsets'?: (_sluice_agent_v1_PartitionOffsetInput)[];
}

export interface PublishSpec {
  'kafka': (_sluice_agent_v1_KafkaConnection | null);
  'groupId': (string);
  'topic': (string);
  'offsets': (_sluice_agent_v1_PartitionOffset)[];
}
