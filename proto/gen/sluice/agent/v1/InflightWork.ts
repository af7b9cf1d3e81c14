// Original file: proto/agent/v1/hello.proto


export interface InflightWorkInput {
  'workId'?: (string);
  'attempt'?: (number);
  /**
   * a slice; steps and queries do not count against `channels`
   */
  'takesChannel'?: (boolean);
}

export interface InflightWork {
  'workId': (string);
  'attempt': (number);
  /**
   * a slice; steps and queries do not count against `channels`
   */
  'takesChannel': (boolean);
}
