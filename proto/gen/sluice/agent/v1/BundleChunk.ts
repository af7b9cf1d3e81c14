// Original file: proto/agent/v1/upgrade.proto

import type { Long } from '@grpc/proto-loader';

export interface BundleChunkInput {
  'offset'?: (number | string | Long);
  /**
   * at most 256 KiB
   */
  'data'?: (Buffer | Uint8Array | string);
}

export interface BundleChunk {
  'offset': (number);
  /**
   * at most 256 KiB
   */
  'data': (Buffer);
}
