// Original file: proto/agent/v1/work.proto

import type { TableColumnInput as _sluice_agent_v1_TableColumnInput, TableColumn as _sluice_agent_v1_TableColumn } from '../../../sluice/agent/v1/TableColumn.ts';
import type { Long } from '@grpc/proto-loader';

export interface OpenResultInput {
  'uploadId'?: (string);
  /**
   * the session's schema: the order of the stream
   */
  'columns'?: (_sluice_agent_v1_TableColumnInput)[];
  'maxFieldBytes'?: (number | string | Long);
  /**
   * e.g. truncated first, because the table forbids overwrite
   */
  'notes'?: (string)[];
}

export interface OpenResult {
  'uploadId': (string);
  /**
   * the session's schema: the order of the stream
   */
  'columns': (_sluice_agent_v1_TableColumn)[];
  'maxFieldBytes': (number);
  /**
   * e.g. truncated first, because the table forbids overwrite
   */
  'notes': (string)[];
}
