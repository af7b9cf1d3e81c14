import 'reflect-metadata'
import assert from 'node:assert/strict'
import { webcrypto } from 'node:crypto'
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net'
import { test, type TestContext } from 'node:test'
import { createServer, type TlsOptions } from 'node:tls'

import * as x509 from '@peculiar/x509'

import { ProbeError, type ProbeErrorCode } from './probe-error.ts'
import { inspectTls, speaksTls } from './tls.ts'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const DAY_MS = 86_400_000
const signal = new AbortController().signal

interface Certificate {
  readonly certificate: x509.X509Certificate
  readonly keys: webcrypto.CryptoKeyPair
}

async function certificate(
  name: string,
  issuer: Certificate | null,
  days: { readonly from: number; readonly to: number } = { from: -1, to: 1 },
): Promise<Certificate> {
  x509.cryptoProvider.set(webcrypto)
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const common = {
    notBefore: new Date(Date.now() + days.from * DAY_MS),
    notAfter: new Date(Date.now() + days.to * DAY_MS),
    signingAlgorithm: ALGORITHM,
  }
  if (issuer === null) {
    const extensions = [new x509.BasicConstraintsExtension(true, 1, true)]
    const made = x509.X509CertificateGenerator.createSelfSigned({
      ...common,
      name,
      keys,
      extensions,
    })
    return { certificate: await made, keys }
  }
  const made = x509.X509CertificateGenerator.create({
    ...common,
    subject: name,
    issuer: issuer.certificate.subject,
    signingKey: issuer.keys.privateKey,
    publicKey: keys.publicKey,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])],
  })
  return { certificate: await made, keys }
}

async function pemOf({ certificate, keys }: Certificate): Promise<{ cert: string; key: string }> {
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
  return { cert: certificate.toString('pem'), key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY') }
}

async function listening(t: TestContext, server: Server): Promise<number> {
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}

async function inspect(
  port: number,
  ca: Certificate | null,
  expectsPublicCa = false,
): Promise<string> {
  const caPem = ca === null ? null : ca.certificate.toString('pem')
  const tls = { caPem, certPem: null, keyPem: null, keyPassphrase: null, verifyHostname: true }
  const server = { host: '127.0.0.1', port }
  return inspectTls({ server, address: '127.0.0.1', tls, expectsPublicCa }, signal)
}

async function serve(t: TestContext, own: Certificate, more: TlsOptions = {}): Promise<number> {
  return listening(t, createServer({ ...(await pemOf(own)), ...more }))
}

async function fails(code: ProbeErrorCode, message: RegExp, work: Promise<string>): Promise<void> {
  await assert.rejects(work, (error: unknown) => {
    assert.ok(error instanceof ProbeError, String(error))
    assert.equal(error.code, code, error.message)
    assert.match(error.message, message)
    return true
  })
}

test('a certificate that is accepted is described', async (t) => {
  const ca = await certificate('CN=house CA', null)
  const port = await serve(t, await certificate('CN=broker', ca))
  assert.match(await inspect(port, ca), /^TLSv1\.3, issued by house CA, valid until /)
})

test('an inspector of TLS is named, by what it calls itself or by who should have signed', async (t) => {
  const inspector = await certificate('CN=Zscaler Intermediate Root CA, O=Zscaler Inc.', null)
  const byName = await serve(t, await certificate('CN=broker', inspector))
  const message = /signed by Zscaler Intermediate Root CA, an inspector of TLS/
  await fails('TLS_INTERCEPTED', message, inspect(byName, await certificate('CN=house CA', null)))
  const unknown = await certificate('CN=corp proxy', null)
  const byHost = await serve(t, await certificate('CN=service', unknown))
  await fails('TLS_INTERCEPTED', /corp proxy, not by a public CA/, inspect(byHost, null, true))
  await fails('TLS_UNTRUSTED', /corp proxy, which this host's CAs did not/, inspect(byHost, null))
})

test('a certificate that was, or will be valid tells of clocks', async (t) => {
  const ca = await certificate('CN=house CA', null, { from: -30, to: 30 })
  const past = await serve(t, await certificate('CN=broker', ca, { from: -9, to: -8 }))
  await fails('TLS_EXPIRED', /was valid until .*; here it is/, inspect(past, ca))
  const future = await serve(t, await certificate('CN=broker', ca, { from: 8, to: 9 }))
  await fails('TLS_NOT_YET_VALID', /is valid from .*; here it is/, inspect(future, ca))
})

test('a version of TLS that the other side has not is a refusal', async (t) => {
  const ca = await certificate('CN=house CA', null)
  const own = await certificate('CN=broker', ca)
  const port = await serve(t, own, { minVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_CCM_SHA256' })
  await fails('TLS_REFUSED', /refused the TLS handshake/, inspect(port, ca))
  assert.equal(await speaksTls({ host: '127.0.0.1', port }, '127.0.0.1', signal), true)
})

test('who cuts, and who answers something else, does not speak TLS', async (t) => {
  const cutting = await listening(
    t,
    createTcpServer((socket) => socket.once('data', () => socket.destroy())),
  )
  await fails('TLS_CUT', /closed the connection when TLS began/, inspect(cutting, null))
  const other = await listening(
    t,
    createTcpServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => socket.end('220 mail.example ESMTP\r\n'))
    }),
  )
  await fails('TLS_NOT_SPOKEN', /answers, but not with TLS/, inspect(other, null))
  assert.equal(await speaksTls({ host: '127.0.0.1', port: other }, '127.0.0.1', signal), false)
})
