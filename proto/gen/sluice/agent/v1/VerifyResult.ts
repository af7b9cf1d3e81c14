// Original file: proto/agent/v1/work.proto


export interface VerifyResultInput {
  /**
   * normal | closed | ... as the service says, lower case
   */
  'sessionStatus'?: (string);
  /**
   * sorted
   */
  'blockIds'?: (number)[];
}

export interface VerifyResult {
  /**
   * normal | closed | ... as the service says, lower case
   */
  'sessionStatus': (string);
  /**
   * sorted
   */
  'blockIds': (number)[];
}
