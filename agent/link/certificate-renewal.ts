import type { Logger } from 'pino'

import type { Clock } from '../../lib/clock.ts'
import { certificateRequest } from './agent-key.ts'
import type { LivingIdentity } from './living-identity.ts'

/** Asked again after so long without an answer; and never more often, whatever this host's clock says. */
const RENEW_RETRY_MS = 10 * 60_000
/** Of the certificate's life, either way: agents that were enrolled together do not renew together. */
const JITTER = 0.1

export interface RenewalOptions {
  readonly identity: LivingIdentity
  readonly clock: Clock
  readonly random: () => number
  readonly send: (csrDer: Buffer) => void
  readonly log: Logger
}

/** Asks for a new certificate at about half the life of the one that there is, for as long as a session lasts. */
export class CertificateRenewal {
  readonly #options: RenewalOptions
  #cancel: () => void = () => {}

  constructor(options: RenewalOptions) {
    this.#options = options
  }

  start(): void {
    this.#askAfter(this.#dueInMs())
  }

  /** Resolves when it is on the disk: the next connection is made with it. */
  async renewed(certificatePem: string): Promise<void> {
    const { identity, log } = this.#options
    await identity.setCertificate(certificatePem)
    log.info({ certificateUntilMs: identity.certificateUntilMs }, 'the certificate was renewed')
    this.#askAfter(Math.max(this.#dueInMs(), RENEW_RETRY_MS))
  }

  stop(): void {
    this.#cancel()
  }

  #askAfter(delayMs: number): void {
    const { identity, clock, send } = this.#options
    this.#cancel()
    this.#cancel = clock.after(delayMs, () => {
      send(certificateRequest(identity.now.keyPem))
      this.#askAfter(RENEW_RETRY_MS)
    })
  }

  #dueInMs(): number {
    const { identity, clock, random } = this.#options
    const { certificateFromMs, certificateUntilMs } = identity
    const part = 0.5 + (random() - 0.5) * 2 * JITTER
    const dueMs = certificateFromMs + (certificateUntilMs - certificateFromMs) * part
    return Math.max(0, dueMs - clock.nowMs())
  }
}
