/**
 * From what failed to one of DataWorks' words, the cause, and what to do. Pure.
 *
 * D1. Unreachable means: another agent, or this one later, may have more luck. ConfigError means: the
 *     network is fine, and every agent would fail alike until somebody changes something.
 * D2. Who answered was reached: an answer of a broker or of the service is never Unreachable.
 */
import { MaxComputeError } from '../../maxcompute/errors.ts'
import { KafkaError, type KafkaErrorCode } from '../kafka/errors.ts'
import { ProbeError, type ProbeErrorCode } from './probe-error.ts'

export type ProbeVerdict = 'CONFIG_ERROR' | 'UNREACHABLE' | 'UNSUPPORTED'

export interface Diagnosis {
  readonly verdict: ProbeVerdict
  /** What happened, and where; no full stop. */
  readonly cause: string
  /** What to do; no full stop. */
  readonly advice: string
}

type Ruling = readonly [verdict: ProbeVerdict, advice: string]

const ADVICE_ROUTE =
  "check the address, and that routes and firewalls let this agent's host through"

const PROBE: Readonly<Record<ProbeErrorCode, Ruling>> = {
  NAME_NOT_FOUND: [
    'UNREACHABLE',
    "correct the name, or make this host's DNS (or /etc/hosts) know it",
  ],
  DNS_UNAVAILABLE: ['UNREACHABLE', 'check the DNS servers of this host (/etc/resolv.conf)'],
  REFUSED: [
    'UNREACHABLE',
    'nothing listens on that port, or a firewall refuses: check the port, and that the service runs',
  ],
  NO_ROUTE: ['UNREACHABLE', ADVICE_ROUTE],
  TIMEOUT: ['UNREACHABLE', ADVICE_ROUTE],
  CUT: ['UNREACHABLE', 'look for what closes connections between this host and the service'],
  NETWORK: ['UNREACHABLE', ADVICE_ROUTE],
  TLS_INTERCEPTED: [
    'UNREACHABLE',
    'have the address exempted from TLS inspection; trusting the inspector is not enough for client certificates and pinned keys',
  ],
  TLS_CUT: [
    'UNREACHABLE',
    'a firewall may cut TLS on the way, or the port is not one that speaks TLS',
  ],
  TLS_NOT_SPOKEN: [
    'CONFIG_ERROR',
    'name the port that speaks TLS, or take a security setting (or scheme) without TLS',
  ],
  TLS_EXPECTED: [
    'CONFIG_ERROR',
    'take a security setting (or scheme) with TLS, or name the plaintext port',
  ],
  TLS_EXPIRED: ['CONFIG_ERROR', "renew the server's certificate, or set this host's clock right"],
  TLS_NOT_YET_VALID: ['CONFIG_ERROR', "set this host's clock right"],
  TLS_WRONG_NAME: [
    'CONFIG_ERROR',
    'use a host name that is in the certificate, or turn the check of host names off in the data source',
  ],
  TLS_UNTRUSTED: [
    'CONFIG_ERROR',
    "give the data source the CA certificate that signed the server's (truststoreFile)",
  ],
  TLS_REFUSED: [
    'CONFIG_ERROR',
    'give the client certificate and key that the server wants (keystoreFile), and check its TLS versions',
  ],
  SASL_EXPECTED: [
    'CONFIG_ERROR',
    'this listener wants a user: set securityProtocol, saslMechanism, saslUsername and saslPassword',
  ],
  NOT_KAFKA: ['CONFIG_ERROR', "check the port: it is not a Kafka broker's"],
  ADVERTISED_UNREACHABLE: [
    'UNREACHABLE',
    "set advertised.listeners of the brokers to addresses that this agent's host can resolve and dial, or open the way to those",
  ],
  NOT_MAXCOMPUTE: [
    'CONFIG_ERROR',
    'check the endpoint: https://service.<region>.maxcompute.aliyun.com/api, or its VPC form',
  ],
  PROXY_ANSWERED: ['UNREACHABLE', 'have the proxy let the endpoint through, or go around it'],
  TUNNEL_UNREACHABLE: [
    'UNREACHABLE',
    "set tunnelServer of the data source to the Tunnel's address for this network (public or VPC), or open the way to it",
  ],
  BAD_SETTING: ['CONFIG_ERROR', 'correct the data source'],
  BAD_PARTITION_SPEC: ['CONFIG_ERROR', "name each of the table's partition keys once"],
  UNSUPPORTED: ['UNSUPPORTED', 'upgrade the agent, or use a data source that it supports'],
}

/** What is not here was answered by a broker (D2); the error's own advice is used where it has one. */
const KAFKA: Readonly<Partial<Record<KafkaErrorCode, Ruling>>> = {
  UNREACHABLE: ['UNREACHABLE', ADVICE_ROUTE],
  NO_PROGRESS: ['UNREACHABLE', 'see whether the leader of the topic partition is well'],
  NOT_LEADER: ['UNREACHABLE', 'see whether the topic partitions have leaders, then try again'],
  UNSUPPORTED_VERSION: ['UNSUPPORTED', 'Kafka 0.11 to 4.x are supported'],
  UNSUPPORTED_FORMAT: ['UNSUPPORTED', 'records of message format 2 (Kafka 0.11) are supported'],
}

const MAXCOMPUTE: Readonly<Record<string, Ruling>> = {
  HostNotFound: PROBE.NAME_NOT_FOUND,
  DnsUnavailable: PROBE.DNS_UNAVAILABLE,
  ConnectionRefused: PROBE.REFUSED,
  ConnectionReset: PROBE.CUT,
  ConnectTimeout: PROBE.TIMEOUT,
  HostUnreachable: PROBE.NO_ROUTE,
  ResponseTimeout: [
    'UNREACHABLE',
    'the service is slow, or something on the way holds answers back',
  ],
  IdleTimeout: PROBE.TIMEOUT,
  NetworkFailure: PROBE.NETWORK,
  Aborted: PROBE.TIMEOUT,
  TlsFailure: ['CONFIG_ERROR', "check the endpoint's scheme and certificate"],
  RequestTimeTooSkewed: ['CONFIG_ERROR', "set this host's clock right: 15 minutes are too many"],
  Unauthorized: [
    'CONFIG_ERROR',
    'check accessId and accessKey (and securityToken, if it is temporary)',
  ],
  AuthorizationRequired: ['CONFIG_ERROR', 'check accessId and accessKey'],
  InvalidAccessKeyId: ['CONFIG_ERROR', 'check accessId'],
  SignatureNotMatch: ['CONFIG_ERROR', 'check accessKey, and the region of the data source'],
  AccessDenied: ['CONFIG_ERROR', 'add the account to the project and grant it what it needs'],
  NoPermission: ['CONFIG_ERROR', 'grant the account DESCRIBE, UPDATE and ALTER on the table'],
  NoSuchProject: [
    'CONFIG_ERROR',
    'check the name of the project, and that the endpoint is of its region',
  ],
  NoSuchSchema: ['CONFIG_ERROR', 'check the name of the schema'],
  NoSuchTable: ['CONFIG_ERROR', 'check the name of the table, or create it'],
  NoSuchObject: ['CONFIG_ERROR', 'check the names of project, schema and table'],
  FlowExceeded: ['CONFIG_ERROR', 'the quota is used up just now: try again later'],
  SlotExceeded: ['CONFIG_ERROR', 'the quota is used up just now: try again later'],
}

/** null: not a failure of the test's subject, but of the test itself. */
export function diagnose(thrown: unknown): Diagnosis | null {
  if (thrown instanceof ProbeError) {
    const [verdict, advice] = PROBE[thrown.code]
    return { verdict, cause: thrown.message, advice }
  }
  if (thrown instanceof KafkaError) return ofKafka(thrown)
  if (thrown instanceof MaxComputeError) {
    const [verdict, advice] = Object.hasOwn(MAXCOMPUTE, thrown.code)
      ? MAXCOMPUTE[thrown.code]!
      : (['CONFIG_ERROR', 'correct what the service names'] as const)
    return { verdict, cause: thrown.message, advice }
  }
  return null
}

function ofKafka(error: KafkaError): Diagnosis {
  const [verdict, advice] = KAFKA[error.code] ?? ['CONFIG_ERROR', "see the broker's log"]
  const { action, message } = error
  if (action === '') return { verdict, cause: message, advice }
  return { verdict, cause: message.slice(0, -`: ${action}`.length), advice: action }
}
