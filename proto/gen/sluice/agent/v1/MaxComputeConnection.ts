// Original file: proto/agent/v1/connection.proto


export interface MaxComputeConnectionInput {
  'endpoint'?: (string);
  /**
   * empty: ask the endpoint
   */
  'tunnelEndpoint'?: (string);
  'project'?: (string);
  /**
   * empty: two-level project
   */
  'schema'?: (string);
  /**
   * empty: signature v1
   */
  'region'?: (string);
  'accessId'?: (string);
  'accessKey'?: (string);
  'securityToken'?: (string);
  'tunnelQuota'?: (string);
}

export interface MaxComputeConnection {
  'endpoint': (string);
  /**
   * empty: ask the endpoint
   */
  'tunnelEndpoint': (string);
  'project': (string);
  /**
   * empty: two-level project
   */
  'schema': (string);
  /**
   * empty: signature v1
   */
  'region': (string);
  'accessId': (string);
  'accessKey': (string);
  'securityToken': (string);
  'tunnelQuota': (string);
}
