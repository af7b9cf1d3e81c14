import { AgentError } from './agent-error.ts'

export interface EnrolToken {
  /** What the control plane is shown. */
  readonly secret: string
  /** First hex digits of the SHA-256 of its CA certificate. */
  readonly caPin: string
}

/** `<secret>.<32 to 64 hex digits>`; the message never repeats the token. */
export function parseEnrolToken(text: string): EnrolToken {
  const match = /^([A-Za-z0-9_-]{16,256})\.([0-9a-f]{32,64})$/i.exec(text.trim())
  const [, secret, caPin] = match ?? []
  if (secret === undefined || caPin === undefined) {
    throw new AgentError(
      'TOKEN_INVALID',
      'the enrolment token is not complete: it is <secret>.<fingerprint>, copy it as one line',
    )
  }
  return { secret, caPin: caPin.toLowerCase() }
}
