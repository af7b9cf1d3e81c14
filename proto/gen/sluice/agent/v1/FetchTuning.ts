// Original file: proto/agent/v1/work.proto


/**
 * 0: the agent's own default.
 */
export interface FetchTuningInput {
  'minBytes'?: (number);
  'maxWaitMs'?: (number);
  'maxBytes'?: (number);
  'maxPartitionBytes'?: (number);
}

/**
 * 0: the agent's own default.
 */
export interface FetchTuning {
  'minBytes': (number);
  'maxWaitMs': (number);
  'maxBytes': (number);
  'maxPartitionBytes': (number);
}
