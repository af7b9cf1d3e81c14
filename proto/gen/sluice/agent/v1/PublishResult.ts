// Original file: proto/agent/v1/work.proto


export interface PublishResultInput {
}

export interface PublishResult {
}
