// Original file: proto/agent/v1/log.proto

import type { Long } from '@grpc/proto-loader';

export interface LogLineInput {
  'atMs'?: (number | string | Long);
  /**
   * debug | info | warn | error
   */
  'level'?: (string);
  /**
   * empty: of the agent itself
   */
  'workId'?: (string);
  'attempt'?: (number);
  'message'?: (string);
  /**
   * what else the line carries; secrets are redacted on the agent
   */
  'fieldsJson'?: (string);
}

export interface LogLine {
  'atMs': (number);
  /**
   * debug | info | warn | error
   */
  'level': (string);
  /**
   * empty: of the agent itself
   */
  'workId': (string);
  'attempt': (number);
  'message': (string);
  /**
   * what else the line carries; secrets are redacted on the agent
   */
  'fieldsJson': (string);
}
