import { BrokerConnection, type ConnectionLimits } from './connection.ts'
import { KafkaError } from './errors.ts'
import { addressText, type BrokerAddress, type ClusterConfig } from './security.ts'

/** Of one broker; beyond it callers wait in line. */
const CONNECTIONS_PER_BROKER_MAX = 64
const WAITERS_PER_BROKER_MAX = 1_024
/** Below the brokers' connections.max.idle.ms (10 min), and long enough to spare TLS handshakes. */
const IDLE_CLOSE_MS = 30_000

interface BrokerSlot {
  readonly idle: { connection: BrokerConnection; timer: NodeJS.Timeout }[]
  open: number
  readonly waiters: (() => void)[]
}

/**
 * Connections by broker address. A connection belongs to one borrower at a time, so a reader's
 * long-poll Fetch never stands before somebody else's request.
 */
export class ConnectionPool {
  readonly #config: ClusterConfig
  readonly #limits: ConnectionLimits
  readonly #slots = new Map<string, BrokerSlot>()
  readonly #borrowed = new Set<BrokerConnection>()
  #closed = false

  constructor(config: ClusterConfig, limits: ConnectionLimits) {
    this.#config = config
    this.#limits = limits
  }

  /** Throws UNREACHABLE, AUTHENTICATION_FAILED, CANCELLED (pool closed). Give it back with `release`. */
  async borrow(address: BrokerAddress): Promise<BrokerConnection> {
    const slot = this.#slot(address)
    for (;;) {
      this.#requireOpen()
      const idle = slot.idle.pop()
      if (idle !== undefined) {
        clearTimeout(idle.timer)
        if (!idle.connection.alive) {
          this.#drop(slot, idle.connection)
          continue
        }
        this.#borrowed.add(idle.connection)
        return idle.connection
      }
      if (slot.open < CONNECTIONS_PER_BROKER_MAX) return await this.#open(slot, address)
      if (slot.waiters.length >= WAITERS_PER_BROKER_MAX) {
        throw new KafkaError('UNREACHABLE', 'too many requests wait for a connection', {
          where: { broker: addressText(address) },
          action: 'run fewer channels on this agent',
        })
      }
      await new Promise<void>((wake) => slot.waiters.push(wake))
    }
  }

  async #open(slot: BrokerSlot, address: BrokerAddress): Promise<BrokerConnection> {
    slot.open++
    try {
      const connection = await BrokerConnection.open(address, this.#config, this.#limits)
      if (this.#closed) connection.close()
      this.#requireOpen()
      this.#borrowed.add(connection)
      return connection
    } catch (error) {
      slot.open--
      slot.waiters.shift()?.()
      throw error
    }
  }

  /** Give back what `borrow` gave. A connection with a request in flight must be closed first. */
  release(connection: BrokerConnection): void {
    if (!this.#borrowed.delete(connection)) return
    const slot = this.#slot(connection.address)
    if (this.#closed || !connection.alive) {
      this.#drop(slot, connection)
      return
    }
    const timer = setTimeout(() => {
      const at = slot.idle.findIndex((entry) => entry.connection === connection)
      if (at >= 0) slot.idle.splice(at, 1)
      this.#drop(slot, connection)
    }, IDLE_CLOSE_MS)
    timer.unref()
    slot.idle.push({ connection, timer })
    slot.waiters.shift()?.()
  }

  /** Closes everything; requests in flight fail. */
  close(): void {
    this.#closed = true
    for (const slot of this.#slots.values()) {
      for (const { connection, timer } of slot.idle.splice(0)) {
        clearTimeout(timer)
        this.#drop(slot, connection)
      }
      for (const wake of slot.waiters.splice(0)) wake()
    }
    for (const connection of this.#borrowed) connection.close()
  }

  #drop(slot: BrokerSlot, connection: BrokerConnection): void {
    connection.close()
    slot.open--
    slot.waiters.shift()?.()
  }

  #slot(address: BrokerAddress): BrokerSlot {
    const key = addressText(address)
    let slot = this.#slots.get(key)
    if (slot === undefined) {
      slot = { idle: [], open: 0, waiters: [] }
      this.#slots.set(key, slot)
    }
    return slot
  }

  #requireOpen(): void {
    if (this.#closed) throw new KafkaError('CANCELLED', 'the Kafka cluster handle was closed')
  }
}
