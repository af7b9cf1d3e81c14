// Original file: proto/agent/v1/work.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Coalesced: only the latest of an attempt counts.
 */
export interface ProgressInput {
  'workId'?: (string);
  'attempt'?: (number);
  'rows'?: (number | string | Long);
  /**
   * of Kafka records, uncompressed
   */
  'bytesRead'?: (number | string | Long);
  /**
   * encoded, before HTTP compression
   */
  'bytesSent'?: (number | string | Long);
  'dirtyRecords'?: (number | string | Long);
  /**
   * connecting | reading | sending | finishing
   */
  'stage'?: (string);
}

/**
 * Coalesced: only the latest of an attempt counts.
 */
export interface Progress {
  'workId': (string);
  'attempt': (number);
  'rows': (number);
  /**
   * of Kafka records, uncompressed
   */
  'bytesRead': (number);
  /**
   * encoded, before HTTP compression
   */
  'bytesSent': (number);
  'dirtyRecords': (number);
  /**
   * connecting | reading | sending | finishing
   */
  'stage': (string);
}
