// Original file: proto/agent/v1/hello.proto


/**
 * At half the certificate's life (with jitter). Same key.
 */
export interface RenewCertificateInput {
  'csrDer'?: (Buffer | Uint8Array | string);
}

/**
 * At half the certificate's life (with jitter). Same key.
 */
export interface RenewCertificate {
  'csrDer': (Buffer);
}
