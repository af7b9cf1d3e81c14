/** Metadata of the calls beside a session, as in Hello. Who calls is said by the certificate. Log positions count from the start of this process. */
export const PROCESS_ID_KEY = 'sluice-process-id'

/**
 * The name that the control plane's certificate always carries, whatever hosts it is reached by.
 * An agent trusts one CA, which signs nothing but its own control plane, so this name is what it checks.
 */
export const CONTROL_PLANE_TLS_NAME = 'control-plane.sluice.internal'
