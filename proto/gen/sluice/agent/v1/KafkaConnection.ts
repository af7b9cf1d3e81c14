// Original file: proto/agent/v1/connection.proto


// Original file: proto/agent/v1/connection.proto

export const _sluice_agent_v1_KafkaConnection_Security = {
  SECURITY_UNSPECIFIED: 'SECURITY_UNSPECIFIED',
  PLAINTEXT: 'PLAINTEXT',
  SSL: 'SSL',
  SASL_PLAINTEXT: 'SASL_PLAINTEXT',
  SASL_SSL: 'SASL_SSL',
} as const;

export type _sluice_agent_v1_KafkaConnection_SecurityInput =
  | 'SECURITY_UNSPECIFIED'
  | 0
  | 'PLAINTEXT'
  | 1
  | 'SSL'
  | 2
  | 'SASL_PLAINTEXT'
  | 3
  | 'SASL_SSL'
  | 4

export type _sluice_agent_v1_KafkaConnection_Security = typeof _sluice_agent_v1_KafkaConnection_Security[keyof typeof _sluice_agent_v1_KafkaConnection_Security]

export interface KafkaConnectionInput {
  'bootstrapServers'?: (string)[];
  'security'?: (_sluice_agent_v1_KafkaConnection_SecurityInput);
  /**
   * PLAIN | SCRAM-SHA-256 | SCRAM-SHA-512; empty without SASL
   */
  'saslMechanism'?: (string);
  'saslUsername'?: (string);
  'saslPassword'?: (string);
  'caPem'?: (string);
  'certPem'?: (string);
  'keyPem'?: (string);
  'keyPassword'?: (string);
  'verifyHostname'?: (boolean);
}

export interface KafkaConnection {
  'bootstrapServers': (string)[];
  'security': (_sluice_agent_v1_KafkaConnection_Security);
  /**
   * PLAIN | SCRAM-SHA-256 | SCRAM-SHA-512; empty without SASL
   */
  'saslMechanism': (string);
  'saslUsername': (string);
  'saslPassword': (string);
  'caPem': (string);
  'certPem': (string);
  'keyPem': (string);
  'keyPassword': (string);
  'verifyHostname': (boolean);
}
