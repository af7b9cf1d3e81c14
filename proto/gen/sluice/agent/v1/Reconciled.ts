// Original file: proto/agent/v1/hello.proto


/**
 * Sent when the agent has carried out every verdict and the new generation is on its disk: no Assign
 * comes before it, and with it the new generation becomes the agent's.
 */
export interface ReconciledInput {
}

/**
 * Sent when the agent has carried out every verdict and the new generation is on its disk: no Assign
 * comes before it, and with it the new generation becomes the agent's.
 */
export interface Reconciled {
}
