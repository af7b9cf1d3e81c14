/** How to log in to Kafka: from raw consumer properties, or from a data source's own properties. */
import type { Fields } from './fields.ts'
import { certificatesOf, pemAdvice, privateKeyOf } from './pem.ts'
import type { KafkaSasl, KafkaSecrets, KafkaTls } from './source.ts'

export interface KafkaSecurity {
  readonly sasl: KafkaSasl | null
  readonly tls: KafkaTls | null
  readonly secrets: KafkaSecrets
}

export const NO_KAFKA_SECURITY: KafkaSecurity = {
  sasl: null,
  tls: null,
  secrets: { kind: 'kafka', saslPassword: null, clientKeyPem: null, clientKeyPassphrase: null },
}

const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const
const JAAS = /\.(PlainLoginModule|ScramLoginModule)\s+required\b/
const FILE_ADVICE =
  'files of the Java client are not on the agent; register a Kafka data source, or give PEM texts (ssl.truststore.certificates) and sasl.jaas.config'

/** From `kafkaConfig`, as the Java client names it. Reports what is missing or contradicts. */
export function securityFromConfig(config: Fields | null): KafkaSecurity {
  if (config === null) return NO_KAFKA_SECURITY
  const protocol =
    config.choice('security.protocol', ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL']) ??
    'PLAINTEXT'
  config.unsupported(
    ['ssl.truststore.location', 'ssl.keystore.location', 'java.security.auth.login.config'],
    FILE_ADVICE,
  )
  quietlyWithoutEffect(config, ['ssl.truststore.password', 'ssl.keystore.password'])
  config.choice('ssl.truststore.type', ['PEM'])
  config.choice('ssl.keystore.type', ['PEM'])
  const algorithm = config.raw('ssl.endpoint.identification.algorithm')
  const verifyHostname = !(algorithm?.kind === 'string' && algorithm.value.trim() === '')
  const mechanism = config.choice('sasl.mechanism', MECHANISMS)
  const jaas = config.secret('sasl.jaas.config')
  const sasl = protocol.startsWith('SASL_') ? jaasLogin(config, mechanism, jaas) : null
  return {
    sasl: sasl === null ? null : { mechanism: sasl.mechanism, username: sasl.username },
    ...tlsOf(config, protocol.endsWith('SSL'), verifyHostname, {
      ca: 'ssl.truststore.certificates',
      certificate: 'ssl.keystore.certificate.chain',
      key: 'ssl.keystore.key',
      passphrase: 'ssl.key.password',
      saslPassword: sasl?.password ?? null,
    }),
  }
}

/** From the properties of a registered data source, as DataWorks names them. */
export function securityFromProperties(properties: Fields, extra: Fields | null): KafkaSecurity {
  const protocols = [
    'authTypeNone',
    'authTypeSaslPlaintext',
    'authTypeSaslSsl',
    'authTypeSsl',
  ] as const
  const protocol = properties.choice('securityProtocol', protocols) ?? 'authTypeNone'
  properties.unsupported(
    ['kerberosFileKeytab', 'kerberosFileConf', 'jaasFileConf'],
    'Sluice logs in with PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512, not with Kerberos',
  )
  quietlyWithoutEffect(properties, ['truststorePassword', 'keystorePassword'])
  const mechanism = saslMechanism(properties)
  const username = properties.textValue('saslUsername')
  const password = properties.secret('saslPassword')
  let sasl: KafkaSasl | null = null
  if (protocol === 'authTypeSaslPlaintext' || protocol === 'authTypeSaslSsl') {
    properties.require('saslMechanism', `${protocol} needs one of ${MECHANISMS.join(', ')}`)
    properties.require('saslUsername', `${protocol} needs a user name`)
    properties.require('saslPassword', `${protocol} needs a password`)
    if (mechanism !== null && username !== null) sasl = { mechanism, username }
  }
  const algorithm = extra?.raw('ssl.endpoint.identification.algorithm') ?? null
  const verifyHostname = !(algorithm?.kind === 'string' && algorithm.value.trim() === '')
  const withTls = protocol === 'authTypeSsl' || protocol === 'authTypeSaslSsl'
  return {
    sasl,
    ...tlsOf(properties, withTls, verifyHostname, {
      ca: 'truststoreFile',
      certificate: 'keystoreFile',
      key: 'keystoreFile',
      passphrase: 'keyPassword',
      saslPassword: sasl === null ? null : password,
    }),
  }
}

function saslMechanism(properties: Fields): KafkaSasl['mechanism'] | null {
  if (properties.textValue('saslMechanism')?.toLowerCase() !== 'gssapi') {
    return properties.choice('saslMechanism', MECHANISMS)
  }
  const message = 'Kerberos (gssapi) is not supported; use plain, scram-sha-256 or scram-sha-512.'
  properties.problems.errorAt('unsupported', properties.place('saslMechanism'), message)
  return null
}

interface TlsKeys {
  readonly ca: string
  readonly certificate: string
  readonly key: string
  readonly passphrase: string
  readonly saslPassword: string | null
}

function tlsOf(
  fields: Fields,
  withTls: boolean,
  verifyHostname: boolean,
  keys: TlsKeys,
): Pick<KafkaSecurity, 'tls' | 'secrets'> {
  const caPem = certificates(fields, keys.ca)
  const clientCertPem = certificates(fields, keys.certificate)
  // One text that holds both, and is no PEM at all, has been reported once.
  const isReported = keys.key === keys.certificate && clientCertPem === null
  const clientKeyPem = isReported ? null : privateKey(fields, keys.key)
  const clientKeyPassphrase = fields.secret(keys.passphrase)
  const secrets = { kind: 'kafka', saslPassword: keys.saslPassword } as const
  if (!withTls) {
    for (const key of [keys.ca, keys.certificate, keys.key]) {
      if (!fields.has(key)) continue
      fields.problems.noteAt('no-effect', fields.place(key), `"${key}" has no effect without TLS.`)
    }
    return { tls: null, secrets: { ...secrets, clientKeyPem: null, clientKeyPassphrase: null } }
  }
  if (!fields.has(keys.ca)) {
    const message = `Without "${keys.ca}" the brokers' certificates are checked against the authorities that the agent's host trusts.`
    fields.problems.noteAt('defaulted', fields.place(keys.ca), message)
  }
  if (keys.certificate !== keys.key && (clientCertPem === null) !== (clientKeyPem === null)) {
    const message = `"${keys.certificate}" and "${keys.key}" are needed together.`
    fields.problems.errorAt('missing', fields.place(keys.certificate), message)
  }
  return {
    tls: { caPem, clientCertPem, verifyHostname },
    secrets: { ...secrets, clientKeyPem, clientKeyPassphrase },
  }
}

function certificates(fields: Fields, key: string): string | null {
  const text = fields.secret(key)
  const found = text === null ? null : certificatesOf(text)
  if (text === null || found !== null) return found
  const message = `"${key}" cannot be used: ${pemAdvice(text)}.`
  fields.problems.errorAt('bad-format', fields.place(key), message, 'PEM')
  return null
}

function privateKey(fields: Fields, key: string): string | null {
  const text = fields.secret(key)
  const found = text === null ? null : privateKeyOf(text)
  if (text === null || found !== null) return found
  const message = `"${key}" has no "-----BEGIN PRIVATE KEY-----" block; the client's key belongs into it, as PEM.`
  fields.problems.errorAt('bad-format', fields.place(key), message, 'PEM')
  return null
}

function jaasLogin(
  config: Fields,
  mechanism: KafkaSasl['mechanism'] | null,
  jaas: string | null,
): (KafkaSasl & { password: string }) | null {
  config.require('sasl.mechanism', `one of ${MECHANISMS.join(', ')}`)
  config.require('sasl.jaas.config', 'the login with user name and password')
  if (jaas === null || mechanism === null) return null
  const username = jaasOption(jaas, 'username')
  const password = jaasOption(jaas, 'password')
  if (JAAS.test(jaas) && username !== null && password !== null) {
    return { mechanism, username, password }
  }
  const expected = '…PlainLoginModule required username="…" password="…";'
  const message = `"sasl.jaas.config" must name a PlainLoginModule or ScramLoginModule with username and password.`
  config.problems.errorAt('bad-format', config.place('sasl.jaas.config'), message, expected)
  return null
}

function jaasOption(jaas: string, option: string): string | null {
  const match = new RegExp(
    `\\b${option}\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|'([^']*)'|([^\\s;]+))`,
  ).exec(jaas)
  return match === null
    ? null
    : (match[1]?.replaceAll(/\\(.)/g, '$1') ?? match[2] ?? match[3] ?? null)
}

function quietlyWithoutEffect(fields: Fields, keys: readonly string[]): void {
  for (const key of keys) {
    if (fields.secret(key) === null) continue
    const message = `"${key}" has no effect: PEM texts have no store password.`
    fields.problems.noteAt('no-effect', fields.place(key), message)
  }
}
