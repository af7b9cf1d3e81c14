// Original file: proto/agent/v1/hello.proto


/**
 * Finish what runs, take nothing new, then say Bye. Attempts still running at the deadline are
 * dropped without a Result: the Bye gives them back.
 */
export interface DrainInput {
  'deadlineMs'?: (number);
}

/**
 * Finish what runs, take nothing new, then say Bye. Attempts still running at the deadline are
 * dropped without a Result: the Bye gives them back.
 */
export interface Drain {
  'deadlineMs': (number);
}
