// Original file: proto/agent/v1/hello.proto


/**
 * Finish what runs, take nothing new, then say Bye.
 */
export interface DrainInput {
  'deadlineMs'?: (number);
}

/**
 * Finish what runs, take nothing new, then say Bye.
 */
export interface Drain {
  'deadlineMs': (number);
}
