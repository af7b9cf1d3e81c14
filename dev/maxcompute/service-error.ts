/** The codes of the service that this endpoint answers with, and their HTTP status. */
const STATUS_OF_CODE = {
  AccessDenied: 403,
  AuthorizationRequired: 401,
  CorruptedDataStream: 400,
  FlowExceeded: 429,
  IncompleteBody: 400,
  InstanceNotTerminate: 400,
  InstanceTypeNotSupported: 400,
  InternalServerError: 500,
  InvalidArgument: 400,
  InvalidBlockID: 400,
  InvalidColumnSpec: 400,
  InvalidParameter: 400,
  InvalidPartitionSpec: 400,
  InvalidRowRange: 400,
  InvalidURI: 400,
  MalformedDataStream: 400,
  MethodNotAllowed: 405,
  MissingPartitionSpec: 400,
  NoSuchDownload: 404,
  NoSuchObject: 404,
  NoSuchPartition: 404,
  NoSuchProject: 404,
  NoSuchSchema: 404,
  NoSuchTable: 404,
  NoSuchUpload: 404,
  OverwriteModeNotAllowed: 400,
  RequestTimeTooSkewed: 403,
  ServiceUnavailable: 503,
  StatusConflict: 400,
  TableModified: 409,
  Unauthorized: 401,
} as const

export type ServiceErrorCode = keyof typeof STATUS_OF_CODE

/** A refusal that the client is told: a code of the service and a sentence. */
export class ServiceError extends Error {
  readonly code: ServiceErrorCode
  readonly status: number
  constructor(code: ServiceErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ServiceError'
    this.code = code
    this.status = STATUS_OF_CODE[code]
  }
}
