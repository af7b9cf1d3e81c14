/** What the agent link's server needs to be recognised. */
export interface ServerTls {
  /** The control plane's own CA, as agents pin it. */
  readonly caPem: string
  /** Signs agents' certificates. */
  readonly caKeyPem: string
  /** The server's certificate followed by the CA's, so that a host can read the CA at first contact. */
  readonly certChainPem: string
  readonly keyPem: string
  /** SHA-256 of the CA certificate (DER), lower-case hex, 64 digits. */
  readonly caFingerprint: string
}
