// Original file: proto/agent/v1/probe.proto

import type { KafkaConnectionInput as _sluice_agent_v1_KafkaConnectionInput, KafkaConnection as _sluice_agent_v1_KafkaConnection } from '../../../sluice/agent/v1/KafkaConnection.ts';
import type { MaxComputeConnectionInput as _sluice_agent_v1_MaxComputeConnectionInput, MaxComputeConnection as _sluice_agent_v1_MaxComputeConnection } from '../../../sluice/agent/v1/MaxComputeConnection.ts';

export interface TestSpecInput {
  'datasource'?: (string);
  'kafka'?: (_sluice_agent_v1_KafkaConnectionInput | null);
  'maxcompute'?: (_sluice_agent_v1_MaxComputeConnectionInput | null);
  /**
   * Kafka: empty: no topic stages
   */
  'topic'?: (string);
  /**
   * MaxCompute: empty: no table stages
   */
  'table'?: (string);
  /**
   * name=value, for the session; empty: none is opened in a partitioned table
   */
  'partitionSpec'?: (string)[];
  /**
   * of the whole test
   */
  'timeoutMs'?: (number);
  'source'?: "kafka"|"maxcompute";
}

export interface TestSpec {
  'datasource': (string);
  'kafka'?: (_sluice_agent_v1_KafkaConnection | null);
  'maxcompute'?: (_sluice_agent_v1_MaxComputeConnection | null);
  /**
   * Kafka: empty: no topic stages
   */
  'topic': (string);
  /**
   * MaxCompute: empty: no table stages
   */
  'table': (string);
  /**
   * name=value, for the session; empty: none is opened in a partitioned table
   */
  'partitionSpec': (string)[];
  /**
   * of the whole test
   */
  'timeoutMs': (number);
  'source'?: "kafka"|"maxcompute";
}
