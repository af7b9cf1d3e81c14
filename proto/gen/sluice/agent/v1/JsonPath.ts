// Original file: proto/agent/v1/work.proto


/**
 * Keys from the root of the JSON value: `tag.desc` is ["tag", "desc"].
 */
export interface JsonPathInput {
  'keys'?: (string)[];
}

/**
 * Keys from the root of the JSON value: `tag.desc` is ["tag", "desc"].
 */
export interface JsonPath {
  'keys': (string)[];
}
