// Original file: proto/agent/v1/hello.proto


/**
 * Sent when the agent has carried out every verdict: no Assign comes before it.
 */
export interface ReconciledInput {
}

/**
 * Sent when the agent has carried out every verdict: no Assign comes before it.
 */
export interface Reconciled {
}
