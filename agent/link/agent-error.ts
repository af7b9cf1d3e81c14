/** Why the agent cannot enrol or run; what a person reads. */
export type AgentErrorCode =
  | 'TOKEN_INVALID' // the enrolment token is cut off or mistyped
  | 'CA_MISMATCH' // whoever answers there is not the control plane that made the token
  | 'ENROL_REFUSED' // the control plane said no, and why
  | 'UNREACHABLE' // no answer, or no TLS, at that address
  | 'NOT_ENROLLED' // the state directory holds no identity
  | 'ALREADY_ENROLLED' // the state directory holds the identity of another control plane
  | 'STATE_INVALID' // the state directory cannot be read or is damaged
  | 'ALREADY_RUNNING' // another agent process uses the state directory
  | 'SETTING_INVALID' // a flag or an environment variable
  | 'FENCED' // the control plane does not accept this agent any more

export class AgentError extends Error {
  readonly code: AgentErrorCode

  constructor(code: AgentErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options)
    this.name = 'AgentError'
    this.code = code
  }
}
