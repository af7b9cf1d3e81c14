// Original file: proto/agent/v1/hello.proto


export interface WorkRefInput {
  'workId'?: (string);
  'attempt'?: (number);
}

export interface WorkRef {
  'workId': (string);
  'attempt': (number);
}
