// Original file: proto/agent/v1/enrol.proto


export interface RenewReplyInput {
  'certificatePem'?: (string);
}

export interface RenewReply {
  'certificatePem': (string);
}
