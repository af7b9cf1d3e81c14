import { X509Certificate } from 'node:crypto'

import type { Identity } from './identity.ts'
import { saveCertificate, saveGeneration } from './identity.ts'

/**
 * The identity of a running agent: its certificate is renewed and its generation grows. Each change is
 * on disk before it counts here, one write after the other.
 */
export class LivingIdentity {
  readonly #stateDir: string
  #identity: Identity
  #generation: number
  #writes: Promise<void> = Promise.resolve()

  constructor(stateDir: string, identity: Identity, generation: number) {
    this.#stateDir = stateDir
    this.#identity = identity
    this.#generation = generation
  }

  get now(): Identity {
    return this.#identity
  }

  get generation(): number {
    return this.#generation
  }

  get certificateFromMs(): number {
    return new X509Certificate(this.#identity.certificatePem).validFromDate.getTime()
  }

  get certificateUntilMs(): number {
    return new X509Certificate(this.#identity.certificatePem).validToDate.getTime()
  }

  setCertificate(certificatePem: string): Promise<void> {
    return this.#write(async () => {
      await saveCertificate(this.#stateDir, certificatePem)
      this.#identity = { ...this.#identity, certificatePem }
    })
  }

  setGeneration(generation: number): Promise<void> {
    return this.#write(async () => {
      await saveGeneration(this.#stateDir, generation)
      this.#generation = generation
    })
  }

  /** Resolves when nothing is being written: what a Hello says must be what is on disk. */
  settled(): Promise<void> {
    return this.#writes.catch(() => {})
  }

  #write(change: () => Promise<void>): Promise<void> {
    const done = this.settled().then(change)
    this.#writes = done
    return done
  }
}
