// Original file: proto/agent/v1/work.proto


export interface CancelInput {
  'workId'?: (string);
  'attempt'?: (number);
  'reason'?: (string);
}

export interface Cancel {
  'workId': (string);
  'attempt': (number);
  'reason': (string);
}
