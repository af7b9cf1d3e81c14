// Original file: proto/agent/v1/enrol.proto


export interface EnrolReplyInput {
  /**
   * UUID
   */
  'agentId'?: (string);
  'name'?: (string);
  'group'?: (string);
  /**
   * client certificate of the control plane's CA, 24 h
   */
  'certificatePem'?: (string);
  /**
   * Ed25519 public key: what bundles of the agent are signed with
   */
  'releaseKeyPem'?: (string);
  /**
   * what the host reports otherwise than it was registered
   */
  'notices'?: (string)[];
}

export interface EnrolReply {
  /**
   * UUID
   */
  'agentId': (string);
  'name': (string);
  'group': (string);
  /**
   * client certificate of the control plane's CA, 24 h
   */
  'certificatePem': (string);
  /**
   * Ed25519 public key: what bundles of the agent are signed with
   */
  'releaseKeyPem': (string);
  /**
   * what the host reports otherwise than it was registered
   */
  'notices': (string)[];
}
