// Original file: proto/agent/v1/hello.proto


export interface InflightWorkInput {
  'workId'?: (string);
  'attempt'?: (number);
}

export interface InflightWork {
  'workId': (string);
  'attempt': (number);
}
