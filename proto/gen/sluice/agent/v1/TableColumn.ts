// Original file: proto/agent/v1/work.proto


export interface TableColumnInput {
  'name'?: (string);
  /**
   * as in DDL: bigint, decimal(10,2), array<string>
   */
  'type'?: (string);
  'nullable'?: (boolean);
}

export interface TableColumn {
  'name': (string);
  /**
   * as in DDL: bigint, decimal(10,2), array<string>
   */
  'type': (string);
  'nullable': (boolean);
}
