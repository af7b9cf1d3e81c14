// Original file: proto/agent/v1/work.proto

import type { KafkaConnectionInput as _sluice_agent_v1_KafkaConnectionInput, KafkaConnection as _sluice_agent_v1_KafkaConnection } from '../../../sluice/agent/v1/KafkaConnection.ts';
import type { MaxComputeConnectionInput as _sluice_agent_v1_MaxComputeConnectionInput, MaxComputeConnection as _sluice_agent_v1_MaxComputeConnection } from '../../../sluice/agent/v1/MaxComputeConnection.ts';
import type { SliceRangeInput as _sluice_agent_v1_SliceRangeInput, SliceRange as _sluice_agent_v1_SliceRange } from '../../../sluice/agent/v1/SliceRange.ts';
import type { PartitionColumnInput as _sluice_agent_v1_PartitionColumnInput, PartitionColumn as _sluice_agent_v1_PartitionColumn } from '../../../sluice/agent/v1/PartitionColumn.ts';
import type { ReaderColumnInput as _sluice_agent_v1_ReaderColumnInput, ReaderColumn as _sluice_agent_v1_ReaderColumn } from '../../../sluice/agent/v1/ReaderColumn.ts';
import type { TableColumnInput as _sluice_agent_v1_TableColumnInput, TableColumn as _sluice_agent_v1_TableColumn } from '../../../sluice/agent/v1/TableColumn.ts';
import type { FetchTuningInput as _sluice_agent_v1_FetchTuningInput, FetchTuning as _sluice_agent_v1_FetchTuning } from '../../../sluice/agent/v1/FetchTuning.ts';
import type { Long } from '@grpc/proto-loader';

export interface SliceSpecInput {
  'runId'?: (number | string | Long);
  'kafka'?: (_sluice_agent_v1_KafkaConnectionInput | null);
  'maxcompute'?: (_sluice_agent_v1_MaxComputeConnectionInput | null);
  'topic'?: (string);
  /**
   * pinned; empty: not known
   */
  'topicId'?: (string);
  'ranges'?: (_sluice_agent_v1_SliceRangeInput)[];
  'readCommitted'?: (boolean);
  'table'?: (string);
  'partitionSpec'?: (_sluice_agent_v1_PartitionColumnInput)[];
  'uploadId'?: (string);
  /**
   * the slice's number
   */
  'blockId'?: (number);
  'readerColumns'?: (_sluice_agent_v1_ReaderColumnInput)[];
  /**
   * the same length, table columns by name
   */
  'writerColumns'?: (string)[];
  'sessionColumns'?: (_sluice_agent_v1_TableColumnInput)[];
  /**
   * string | bytearray | double | float | integer | long | short
   */
  'keyType'?: (string);
  'valueType'?: (string);
  /**
   * of strings: WHATWG name, lower case ("utf-8", "gbk")
   */
  'encoding'?: (string);
  /**
   * json | text
   */
  'dataFormat'?: (string);
  'fieldDelimiter'?: (string);
  /**
   * IANA; for text <-> DATETIME
   */
  'timeZone'?: (string);
  'emptyAsNull'?: (boolean);
  /**
   * "" | truncate | keepOn | setNull
   */
  'overLengthRule'?: (string);
  'maxFieldBytes'?: (number | string | Long);
  'compress'?: (boolean);
  /**
   * 0: no limit
   */
  'bytesPerSecond'?: (number | string | Long);
  /**
   * stop reading when this slice alone exceeds it; -1: no limit
   */
  'dirtyRecordsMax'?: (number | string | Long);
  'headerEncoding'?: (string);
  'fetch'?: (_sluice_agent_v1_FetchTuningInput | null);
  /**
   * of one request to MaxCompute; 0: the agent's own default
   */
  'requestTriesMax'?: (number);
}

export interface SliceSpec {
  'runId': (number);
  'kafka': (_sluice_agent_v1_KafkaConnection | null);
  'maxcompute': (_sluice_agent_v1_MaxComputeConnection | null);
  'topic': (string);
  /**
   * pinned; empty: not known
   */
  'topicId': (string);
  'ranges': (_sluice_agent_v1_SliceRange)[];
  'readCommitted': (boolean);
  'table': (string);
  'partitionSpec': (_sluice_agent_v1_PartitionColumn)[];
  'uploadId': (string);
  /**
   * the slice's number
   */
  'blockId': (number);
  'readerColumns': (_sluice_agent_v1_ReaderColumn)[];
  /**
   * the same length, table columns by name
   */
  'writerColumns': (string)[];
  'sessionColumns': (_sluice_agent_v1_TableColumn)[];
  /**
   * string | bytearray | double | float | integer | long | short
   */
  'keyType': (string);
  'valueType': (string);
  /**
   * of strings: WHATWG name, lower case ("utf-8", "gbk")
   */
  'encoding': (string);
  /**
   * json | text
   */
  'dataFormat': (string);
  'fieldDelimiter': (string);
  /**
   * IANA; for text <-> DATETIME
   */
  'timeZone': (string);
  'emptyAsNull': (boolean);
  /**
   * "" | truncate | keepOn | setNull
   */
  'overLengthRule': (string);
  'maxFieldBytes': (number);
  'compress': (boolean);
  /**
   * 0: no limit
   */
  'bytesPerSecond': (number);
  /**
   * stop reading when this slice alone exceeds it; -1: no limit
   */
  'dirtyRecordsMax': (number);
  'headerEncoding': (string);
  'fetch': (_sluice_agent_v1_FetchTuning | null);
  /**
   * of one request to MaxCompute; 0: the agent's own default
   */
  'requestTriesMax': (number);
}
