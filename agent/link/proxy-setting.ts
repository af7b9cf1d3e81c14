/** Which proxy, if any, the environment names for a host: as curl and gRPC read it. */
export interface ProxySetting {
  readonly host: string
  readonly port: number
  /** `user:password`, decoded; null: none given. */
  readonly credentials: string | null
  /** The variable that named it. */
  readonly variable: string
}

type Environment = Readonly<Record<string, string | undefined>>

const VARIABLES = ['https_proxy', 'HTTPS_PROXY'] as const

/** null: no proxy for this host. @throws Error whose message names the variable, never the password. */
export function proxyFor(host: string, env: Environment): ProxySetting | null {
  const variable = VARIABLES.find((name) => (env[name] ?? '') !== '')
  if (variable === undefined || isExcepted(host, env['no_proxy'] ?? env['NO_PROXY'] ?? ''))
    return null
  return { ...parse(variable, env[variable] ?? ''), variable }
}

function parse(variable: string, text: string): Omit<ProxySetting, 'variable'> {
  const wrong = new Error(`${variable} is no address of a proxy: give http://HOST:PORT`)
  let url: URL
  try {
    url = new URL(text.includes('://') ? text : `http://${text}`)
  } catch {
    throw wrong
  }
  if (url.protocol !== 'http:' || url.hostname === '') throw wrong
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 80 : Number(url.port),
    credentials:
      url.username === ''
        ? null
        : `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`,
  }
}

/** `no_proxy`: hosts, `.domains`, or `*`, separated by commas. */
function isExcepted(host: string, noProxy: string): boolean {
  return noProxy
    .split(',')
    .map((entry) =>
      entry
        .trim()
        .replace(/^\*?\./, '')
        .toLowerCase(),
    )
    .some(
      (entry) => entry === '*' || (entry !== '' && `.${host.toLowerCase()}`.endsWith(`.${entry}`)),
    )
}
