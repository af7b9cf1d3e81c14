// Original file: proto/agent/v1/enrol.proto


export interface EnrolReplyInput {
  /**
   * UUID
   */
  'agentId'?: (string);
  'name'?: (string);
  'group'?: (string);
}

export interface EnrolReply {
  /**
   * UUID
   */
  'agentId': (string);
  'name': (string);
  'group': (string);
}
