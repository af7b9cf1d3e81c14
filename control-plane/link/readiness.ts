/** What decides whether an agent may be given work. Each change is told at once: an index hangs on it. */
import type { AgentSession } from './agent-record.ts'
import type { Presence } from './lease.ts'

export abstract class Readiness {
  #name: string
  #groupId: number
  #channels: number
  #presence: Presence
  #session: AgentSession | null = null
  #admitting = 0
  #refusesWork = false
  #hasNoRoom = false

  constructor(
    stored: { readonly name: string; readonly groupId: number; readonly channels: number },
    presence: Presence,
  ) {
    this.#name = stored.name
    this.#groupId = stored.groupId
    this.#channels = stored.channels
    this.#presence = presence
  }

  /** Also to be called when the session has become active, or is not any more. */
  abstract readinessChanged(): void

  get isReady(): boolean {
    return (
      this.#session !== null &&
      this.#session.isActive &&
      this.#admitting === 0 &&
      this.#presence === 'online' &&
      !this.#refusesWork &&
      !this.#hasNoRoom
    )
  }

  get name(): string {
    return this.#name
  }

  set name(value: string) {
    if (value === this.#name) return
    this.#name = value
    this.readinessChanged()
  }

  get groupId(): number {
    return this.#groupId
  }

  set groupId(value: number) {
    if (value === this.#groupId) return
    this.#groupId = value
    this.readinessChanged()
  }

  get channels(): number {
    return this.#channels
  }

  set channels(value: number) {
    if (value === this.#channels) return
    this.#channels = value
    this.readinessChanged()
  }

  get presence(): Presence {
    return this.#presence
  }

  set presence(value: Presence) {
    if (value === this.#presence) return
    this.#presence = value
    this.readinessChanged()
  }

  get session(): AgentSession | null {
    return this.#session
  }

  set session(value: AgentSession | null) {
    if (value === this.#session) return
    this.#session = value
    this.readinessChanged()
  }

  /** Hellos being admitted: until the newest is through, nothing is assigned. */
  get admitting(): number {
    return this.#admitting
  }

  set admitting(value: number) {
    if (value === this.#admitting) return
    this.#admitting = value
    this.readinessChanged()
  }

  /** The agent itself said that it takes nothing more in this session. */
  get refusesWork(): boolean {
    return this.#refusesWork
  }

  set refusesWork(value: boolean) {
    if (value === this.#refusesWork) return
    this.#refusesWork = value
    this.readinessChanged()
  }

  /** It refused work for want of disk space: nothing is offered before its next beat. */
  get hasNoRoom(): boolean {
    return this.#hasNoRoom
  }

  set hasNoRoom(value: boolean) {
    if (value === this.#hasNoRoom) return
    this.#hasNoRoom = value
    this.readinessChanged()
  }
}
