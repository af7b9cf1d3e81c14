// Original file: proto/agent/v1/work.proto

import type { KafkaConnectionInput as _sluice_agent_v1_KafkaConnectionInput, KafkaConnection as _sluice_agent_v1_KafkaConnection } from '../../../sluice/agent/v1/KafkaConnection.ts';
import type { MaxComputeConnectionInput as _sluice_agent_v1_MaxComputeConnectionInput, MaxComputeConnection as _sluice_agent_v1_MaxComputeConnection } from '../../../sluice/agent/v1/MaxComputeConnection.ts';
import type { PositionInput as _sluice_agent_v1_PositionInput, Position as _sluice_agent_v1_Position } from '../../../sluice/agent/v1/Position.ts';
import type { PartitionOffsetInput as _sluice_agent_v1_PartitionOffsetInput, PartitionOffset as _sluice_agent_v1_PartitionOffset } from '../../../sluice/agent/v1/PartitionOffset.ts';
import type { PartitionColumnInput as _sluice_agent_v1_PartitionColumnInput, PartitionColumn as _sluice_agent_v1_PartitionColumn } from '../../../sluice/agent/v1/PartitionColumn.ts';

export interface PlanSpecInput {
  'kafka'?: (_sluice_agent_v1_KafkaConnectionInput | null);
  'maxcompute'?: (_sluice_agent_v1_MaxComputeConnectionInput | null);
  'topic'?: (string);
  'hasTopicPartition'?: (boolean);
  'topicPartition'?: (number);
  'groupId'?: (string);
  'begin'?: (_sluice_agent_v1_PositionInput | null);
  'end'?: (_sluice_agent_v1_PositionInput | null);
  /**
   * where the job's ledger ends, for begin.ledger
   */
  'ledger'?: (_sluice_agent_v1_PartitionOffsetInput)[];
  /**
   * none | earliest | latest: when a wanted offset is gone
   */
  'autoOffsetReset'?: (string);
  'readCommitted'?: (boolean);
  'table'?: (string);
  'partitionSpec'?: (_sluice_agent_v1_PartitionColumnInput)[];
  /**
   * of the table; ["*"]: all
   */
  'columns'?: (string)[];
  'readerColumnCount'?: (number);
  /**
   * topic id that the ledger's offsets belong to; empty: none
   */
  'ledgerTopicId'?: (string);
}

export interface PlanSpec {
  'kafka': (_sluice_agent_v1_KafkaConnection | null);
  'maxcompute': (_sluice_agent_v1_MaxComputeConnection | null);
  'topic': (string);
  'hasTopicPartition': (boolean);
  'topicPartition': (number);
  'groupId': (string);
  'begin': (_sluice_agent_v1_Position | null);
  'end': (_sluice_agent_v1_Position | null);
  /**
   * where the job's ledger ends, for begin.ledger
   */
  'ledger': (_sluice_agent_v1_PartitionOffset)[];
  /**
   * none | earliest | latest: when a wanted offset is gone
   */
  'autoOffsetReset': (string);
  'readCommitted': (boolean);
  'table': (string);
  'partitionSpec': (_sluice_agent_v1_PartitionColumn)[];
  /**
   * of the table; ["*"]: all
   */
  'columns': (string)[];
  'readerColumnCount': (number);
  /**
   * topic id that the ledger's offsets belong to; empty: none
   */
  'ledgerTopicId': (string);
}
