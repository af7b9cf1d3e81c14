// Original file: proto/agent/v1/work.proto

import type { PlannedRangeInput as _sluice_agent_v1_PlannedRangeInput, PlannedRange as _sluice_agent_v1_PlannedRange } from '../../../sluice/agent/v1/PlannedRange.ts';
import type { TableColumnInput as _sluice_agent_v1_TableColumnInput, TableColumn as _sluice_agent_v1_TableColumn } from '../../../sluice/agent/v1/TableColumn.ts';

export interface PlanResultInput {
  /**
   * empty: the broker is too old to have one
   */
  'topicId'?: (string);
  /**
   * every topic partition read, empty ranges too
   */
  'ranges'?: (_sluice_agent_v1_PlannedRangeInput)[];
  /**
   * data columns of the table, in its order
   */
  'tableColumns'?: (_sluice_agent_v1_TableColumnInput)[];
  'partitionKeys'?: (_sluice_agent_v1_TableColumnInput)[];
  'transactional'?: (boolean);
  /**
   * what the run's log should say
   */
  'notes'?: (string)[];
  'topicPartitions'?: (number);
}

export interface PlanResult {
  /**
   * empty: the broker is too old to have one
   */
  'topicId': (string);
  /**
   * every topic partition read, empty ranges too
   */
  'ranges': (_sluice_agent_v1_PlannedRange)[];
  /**
   * data columns of the table, in its order
   */
  'tableColumns': (_sluice_agent_v1_TableColumn)[];
  'partitionKeys': (_sluice_agent_v1_TableColumn)[];
  'transactional': (boolean);
  /**
   * what the run's log should say
   */
  'notes': (string)[];
  'topicPartitions': (number);
}
