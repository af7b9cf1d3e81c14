// Original file: proto/agent/v1/hello.proto


/**
 * Answers Drain when nothing runs any more: the agent stays connected, so that it can be seen and
 * resumed. When the stream ends after a Bye, the agent's process is known to be gone.
 */
export interface ByeInput {
  /**
   * false: the deadline was over, the attempts still running were dropped
   */
  'drained'?: (boolean);
}

/**
 * Answers Drain when nothing runs any more: the agent stays connected, so that it can be seen and
 * resumed. When the stream ends after a Bye, the agent's process is known to be gone.
 */
export interface Bye {
  /**
   * false: the deadline was over, the attempts still running were dropped
   */
  'drained': (boolean);
}
