/**
 * The parts of kafkajs 2.2.4 that the port uses although they are not exported. Sound because the
 * version is pinned exactly and frozen upstream. Only connection.ts imports them.
 */
declare module 'kafkajs/src/network/connection.js' {
  import type { Socket } from 'node:net'

  import type Encoder from 'kafkajs/src/protocol/encoder.js'

  interface Logger {
    namespace(name: string): Logger
    debug(message: string): void
    info(message: string): void
    warn(message: string): void
    error(message: string): void
  }

  interface RequestQueue {
    scheduleCheckPendingRequests(): void
    fulfillRequest(answer: { size: number; correlationId: number; payload: Buffer }): void
  }

  export default class Connection {
    constructor(options: {
      host: string
      port: number
      clientId: string
      logger: Logger
      socketFactory: (args: {
        host: string
        port: number
        ssl: object | null
        onConnect: () => void
      }) => Socket
      requestTimeout: number
      connectionTimeout: number
      enforceRequestTimeout: boolean
      ssl: object | null
      sasl: object | null
    })
    readonly requestQueue: RequestQueue
    /** Set while bare SASL bytes are exchanged. */
    readonly authHandlers: object | null
    connect(): Promise<true>
    disconnect(): Promise<true>
    isConnected(): boolean
    authenticate(): Promise<void>
    setVersions(versions: Record<number, { minVersion: number; maxVersion: number }>): void
    setSupportAuthenticationProtocol(supported: boolean): void
    processData(chunk: Buffer): void
    rejectRequests(error: Error): void
    send<T>(protocol: {
      request: {
        apiKey: number
        apiVersion: number
        apiName: string
        encode(): Promise<Encoder>
      }
      response: {
        decode(payload: Buffer): Promise<{ clientSideThrottleTime: number; payload: Buffer }>
        parse(decoded: { payload: Buffer }): Promise<T>
      }
      logResponseError: boolean
    }): Promise<T>
  }
}

declare module 'kafkajs/src/protocol/encoder.js' {
  export default class Encoder {
    constructor(initialSize?: number)
    writeBufferInternal(bytes: Buffer): void
  }
}
