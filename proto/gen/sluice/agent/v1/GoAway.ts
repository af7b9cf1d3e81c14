// Original file: proto/agent/v1/hello.proto


export interface GoAwayInput {
  'reason'?: (string);
  'reconnectAfterMs'?: (number);
}

export interface GoAway {
  'reason': (string);
  'reconnectAfterMs': (number);
}
