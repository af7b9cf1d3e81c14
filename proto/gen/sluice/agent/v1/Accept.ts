// Original file: proto/agent/v1/work.proto


export interface AcceptInput {
  'workId'?: (string);
  'attempt'?: (number);
}

export interface Accept {
  'workId': (string);
  'attempt': (number);
}
