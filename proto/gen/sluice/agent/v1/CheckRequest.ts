// Original file: proto/agent/v1/enrol.proto


/**
 * Asked before anything is changed on a host: is this the control plane, what time is it there, is
 * the token good? Nothing is burnt by it.
 */
export interface CheckRequestInput {
  /**
   * empty: not asked
   */
  'token'?: (string);
}

/**
 * Asked before anything is changed on a host: is this the control plane, what time is it there, is
 * the token good? Nothing is burnt by it.
 */
export interface CheckRequest {
  /**
   * empty: not asked
   */
  'token': (string);
}
