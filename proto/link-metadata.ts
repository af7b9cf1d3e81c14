/** Who calls, in the metadata of every call but Enrol. */
export const AGENT_ID_KEY = 'sluice-agent-id'
/** The secret that the agent made for itself at enrolment. Never logged. */
export const AGENT_KEY_KEY = 'sluice-agent-key'
/** As in Hello: log positions count from the start of this process. */
export const PROCESS_ID_KEY = 'sluice-process-id'

/**
 * The name that the control plane's certificate always carries, whatever hosts it is reached by.
 * An agent trusts one CA, which signs nothing but its own control plane, so this name is what it checks.
 */
export const CONTROL_PLANE_TLS_NAME = 'control-plane.sluice.internal'
