/**
 * What looks into TLS on its way: shows a certificate of its own CA, and speaks TLS itself with where the
 * connection was to go.
 *   interceptor-process.ts LISTEN-ADDRESS TARGET-ADDRESS DIRECTORY PORT...
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect, createServer } from 'node:tls'

const ISSUER = '/O=Example Security/CN=Example TLS Inspection CA'
const [address = '', target = '', directory = '', ...ports] = process.argv.slice(2)

mkdirSync(directory, { recursive: true })
const file = (name: string): string => join(directory, name)
const openssl = (...args: readonly string[]): void => {
  execFileSync('openssl', args, { stdio: 'pipe' })
}
const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
openssl('req', '-x509', ...key, '-keyout', file('ca.key'), '-out', file('ca.pem'), '-subj', ISSUER)
const authority = ['-CA', file('ca.pem'), '-CAkey', file('ca.key')]
const leaf = ['-keyout', file('leaf.key'), '-out', file('leaf.pem'), '-subj', `/CN=${target}`]
openssl('req', '-x509', ...authority, ...key, ...leaf)

for (const port of ports.map(Number)) {
  const options = {
    cert: `${readFileSync(file('leaf.pem'), 'utf8')}${readFileSync(file('ca.pem'), 'utf8')}`,
    key: readFileSync(file('leaf.key')),
    ALPNProtocols: ['h2', 'http/1.1'],
  }
  const server = createServer(options, (near) => {
    const protocols =
      near.alpnProtocol === false || near.alpnProtocol === null ? [] : [near.alpnProtocol]
    const far = connect({ host: target, port, rejectUnauthorized: false, ALPNProtocols: protocols })
    near.pipe(far).pipe(near)
    near.on('error', () => far.destroy())
    far.on('error', () => near.destroy())
  })
  server.on('tlsClientError', () => {}) // whoever does not trust it hangs up
  server.listen(port, address)
}
process.stdout.write(`${JSON.stringify({ ready: true })}\n`)
