// Original file: proto/agent/v1/work.proto

import type { DirtyRecordInput as _sluice_agent_v1_DirtyRecordInput, DirtyRecord as _sluice_agent_v1_DirtyRecord } from '../../../sluice/agent/v1/DirtyRecord.ts';
import type { Long } from '@grpc/proto-loader';

export interface SliceResultInput {
  /**
   * in the block; 0: no block was written
   */
  'rows'?: (number | string | Long);
  /**
   * all of them, also those not kept below
   */
  'dirtyRecords'?: (number | string | Long);
  /**
   * kept: at most DIRTY_RECORDS_KEPT_MAX of a slice
   */
  'dirty'?: (_sluice_agent_v1_DirtyRecordInput)[];
  'bytesRead'?: (number | string | Long);
  'bytesSent'?: (number | string | Long);
  'milliseconds'?: (number);
  'notes'?: (string)[];
}

export interface SliceResult {
  /**
   * in the block; 0: no block was written
   */
  'rows': (number);
  /**
   * all of them, also those not kept below
   */
  'dirtyRecords': (number);
  /**
   * kept: at most DIRTY_RECORDS_KEPT_MAX of a slice
   */
  'dirty': (_sluice_agent_v1_DirtyRecord)[];
  'bytesRead': (number);
  'bytesSent': (number);
  'milliseconds': (number);
  'notes': (string)[];
}
