import { createServer } from 'node:net'
import type { AddressInfo, Server as TcpServer, Socket } from 'node:net'

import type { Server, ServerCredentials } from '@grpc/grpc-js'
import type { Logger } from 'pino'

/**
 * Connections that the kernel keeps until they are taken. gRPC's own listener asks for 511; a fleet that
 * dials at once needs more, since those that find no room try again after 1, 3, 7, 15 seconds. The
 * kernel takes no more than net.core.somaxconn.
 */
const BACKLOG = 16_384

export interface Listener {
  readonly port: number
  /** Takes no new connections; calls back when those that stand have ended, which is the gRPC server's. */
  close(onEnded: () => void): void
  /** Ends all connections. */
  hangUp(): void
}

/** Takes connections for the gRPC server. Rejects when the address cannot be bound. */
export async function startListener(
  server: Server,
  credentials: ServerCredentials,
  { host, port }: { readonly host: string; readonly port: number },
  log: Logger,
): Promise<Listener> {
  const injector = server.createConnectionInjector(credentials)
  /** Bounded by the files that the process may open. */
  const sockets = new Set<Socket>()
  const listener = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    injector.injectConnection(socket)
  })
  await listening(listener, { host, port, backlog: BACKLOG })
  listener.on('error', (error) => log.error({ err: error }, 'a connection cannot be taken'))
  return {
    port: (listener.address() as AddressInfo).port,
    close: (onEnded) => void listener.close(onEnded),
    hangUp: () => {
      for (const socket of sockets) socket.destroy()
    },
  }
}

function listening(
  listener: TcpServer,
  options: { readonly host: string; readonly port: number; readonly backlog: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void => {
      const message = `the agent link cannot listen (${cause.message}): stop what does, or choose another address with --link-listen`
      reject(new Error(message, { cause }))
    }
    listener.once('error', fail)
    listener.listen(options, () => {
      listener.off('error', fail)
      resolve()
    })
  })
}
