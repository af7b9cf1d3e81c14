/** Why a block was refused, in the service's own words. All of them are answered with status 400. */
export type BlockErrorCode =
  | 'IncompleteBody'
  | 'MalformedDataStream'
  | 'CorruptedDataStream'
  | 'InvalidArgument'

/** A block body that must not be kept. The message names the record and the column where it is known. */
export class BlockError extends Error {
  readonly code: BlockErrorCode
  constructor(code: BlockErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'BlockError'
    this.code = code
  }
}
