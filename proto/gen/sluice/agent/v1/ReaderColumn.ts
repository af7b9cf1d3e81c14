// Original file: proto/agent/v1/work.proto

import type { JsonPathInput as _sluice_agent_v1_JsonPathInput, JsonPath as _sluice_agent_v1_JsonPath } from '../../../sluice/agent/v1/JsonPath.ts';

export interface ReaderColumnInput {
  'constant'?: (string);
  /**
   * key | value | partition | headers | offset | timestamp
   */
  'attribute'?: (string);
  'jsonPath'?: (_sluice_agent_v1_JsonPathInput | null);
  /**
   * zero-based field of a delimited value (data_format text)
   */
  'fieldIndex'?: (number);
  'source'?: "constant"|"attribute"|"jsonPath"|"fieldIndex";
}

export interface ReaderColumn {
  'constant'?: (string);
  /**
   * key | value | partition | headers | offset | timestamp
   */
  'attribute'?: (string);
  'jsonPath'?: (_sluice_agent_v1_JsonPath | null);
  /**
   * zero-based field of a delimited value (data_format text)
   */
  'fieldIndex'?: (number);
  'source'?: "constant"|"attribute"|"jsonPath"|"fieldIndex";
}
