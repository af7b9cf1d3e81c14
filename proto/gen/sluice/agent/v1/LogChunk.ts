// Original file: proto/agent/v1/log.proto

import type { LogLineInput as _sluice_agent_v1_LogLineInput, LogLine as _sluice_agent_v1_LogLine } from '../../../sluice/agent/v1/LogLine.ts';
import type { Long } from '@grpc/proto-loader';

export interface LogChunkInput {
  /**
   * of the first line, counted in lines since the agent process started
   */
  'position'?: (number | string | Long);
  'lines'?: (_sluice_agent_v1_LogLineInput)[];
}

export interface LogChunk {
  /**
   * of the first line, counted in lines since the agent process started
   */
  'position': (number);
  'lines': (_sluice_agent_v1_LogLine)[];
}
