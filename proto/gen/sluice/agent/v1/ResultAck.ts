// Original file: proto/agent/v1/work.proto


export interface ResultAckInput {
  'workId'?: (string);
  'attempt'?: (number);
}

export interface ResultAck {
  'workId': (string);
  'attempt': (number);
}
