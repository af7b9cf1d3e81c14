// Original file: proto/agent/v1/enrol.proto


export interface LeaveReplyInput {
}

export interface LeaveReply {
}
