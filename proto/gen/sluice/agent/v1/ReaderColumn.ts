// Original file: proto/agent/v1/work.proto


export interface ReaderColumnInput {
  'constant'?: (string);
  /**
   * __key__ __value__ __partition__ __headers__ __offset__ __timestamp__
   */
  'attribute'?: (string);
  /**
   * dotted
   */
  'jsonPath'?: (string);
  'source'?: "constant"|"attribute"|"jsonPath";
}

export interface ReaderColumn {
  'constant'?: (string);
  /**
   * __key__ __value__ __partition__ __headers__ __offset__ __timestamp__
   */
  'attribute'?: (string);
  /**
   * dotted
   */
  'jsonPath'?: (string);
  'source'?: "constant"|"attribute"|"jsonPath";
}
