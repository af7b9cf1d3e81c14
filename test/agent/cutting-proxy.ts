/** A TCP proxy in front of a server that cuts chosen connections in their middle. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

export interface CuttingProxy {
  readonly port: number
  /** Connections whose first bytes hold the text are cut after so many bytes, `times` times. */
  cut(text: string, afterBytes: number, times: number): void
  /** Cuts made so far. */
  readonly cuts: number
  close(): Promise<void>
}

export async function startCuttingProxy(targetPort: number): Promise<CuttingProxy> {
  const sockets = new Set<Socket>()
  let rule = { text: '', afterBytes: 0, times: 0 }
  let cuts = 0
  const server: Server = createServer((client) => {
    const upstream = connect(targetPort, '127.0.0.1')
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    let seen = 0
    let isMarked = false
    client.on('data', (data: Buffer) => {
      if (rule.times > 0 && data.includes(rule.text)) isMarked = true
      seen += data.length
      if (isMarked && rule.times > 0 && seen >= rule.afterBytes) {
        rule = { ...rule, times: rule.times - 1 }
        cuts++
        client.resetAndDestroy()
        return
      }
      upstream.write(data)
    })
    upstream.on('data', (data: Buffer) => client.write(data))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    cut: (text, afterBytes, times) => {
      rule = { text, afterBytes, times }
    },
    get cuts() {
      return cuts
    },
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
