// Original file: proto/agent/v1/work.proto


export interface PartitionColumnInput {
  'name'?: (string);
  'value'?: (string);
}

export interface PartitionColumn {
  'name': (string);
  'value': (string);
}
