// Original file: proto/agent/v1/hello.proto


export interface ByeInput {
  'drained'?: (boolean);
}

export interface Bye {
  'drained': (boolean);
}
