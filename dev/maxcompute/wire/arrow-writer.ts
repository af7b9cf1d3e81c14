import { ServiceError } from '../service-error.ts'
import type { StreamColumn } from './record-tags.ts'

export class ArrowWriter {
  pendingBytes = 0
  constructor(_columns: readonly StreamColumn[]) {
    throw new ServiceError('InvalidArgument', 'Arrow downloads are not supported yet')
  }
  write(): void {}
  finish(): void {}
  take(): Buffer {
    return Buffer.alloc(0)
  }
}
