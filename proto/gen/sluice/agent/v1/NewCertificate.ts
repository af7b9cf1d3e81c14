// Original file: proto/agent/v1/hello.proto


export interface NewCertificateInput {
  'certificatePem'?: (string);
}

export interface NewCertificate {
  'certificatePem': (string);
}
