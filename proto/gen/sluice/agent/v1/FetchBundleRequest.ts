// Original file: proto/agent/v1/upgrade.proto

import type { Long } from '@grpc/proto-loader';

export interface FetchBundleRequestInput {
  /**
   * hex, as in the manifest
   */
  'sha256'?: (string);
  /**
   * go on from here
   */
  'offset'?: (number | string | Long);
}

export interface FetchBundleRequest {
  /**
   * hex, as in the manifest
   */
  'sha256': (string);
  /**
   * go on from here
   */
  'offset': (number);
}
