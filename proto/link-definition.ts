import { fileURLToPath } from 'node:url'

import * as grpc from '@grpc/grpc-js'
import * as protoLoader from '@grpc/proto-loader'

import type { ProtoGrpcType } from './gen/link.ts'

/** Must agree with the options in generate.sh: the types are generated from them. */
const LOADER_OPTIONS: protoLoader.Options = {
  longs: Number,
  enums: String,
  bytes: Buffer,
  defaults: true,
  arrays: true,
  oneofs: true,
  includeDirs: [fileURLToPath(new URL('.', import.meta.url))],
}

/** The agent link's service and messages, loaded from the `.proto` files beside this one. */
export function loadLinkDefinition(): ProtoGrpcType['sluice']['agent']['v1'] {
  const definition = protoLoader.loadSync('agent/v1/link.proto', LOADER_OPTIONS)
  return (grpc.loadPackageDefinition(definition) as unknown as ProtoGrpcType).sluice.agent.v1
}
