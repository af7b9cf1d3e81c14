// Original file: proto/agent/v1/work.proto


export interface QueryResultInput {
  /**
   * {"columns":[{name,type}],"rows":[[...]],"text":...,"truncated":bool}
   */
  'bulkId'?: (string);
  'instanceId'?: (string);
}

export interface QueryResult {
  /**
   * {"columns":[{name,type}],"rows":[[...]],"text":...,"truncated":bool}
   */
  'bulkId': (string);
  'instanceId': (string);
}
