/** The entry of the library: one client for one project, with REST, SQL and the Tunnel behind it. */

import type { PartitionSpec } from './partition-spec.ts'
import type { UploadSession } from './tunnel/upload-session.ts'

export interface Credentials {
  readonly accessKeyId: string
  readonly accessKeySecret: string
  /** Of a temporary (STS) key pair. */
  readonly securityToken?: string
}

export interface ClientOptions {
  /** `http(s)://host[:port][/api]` */
  readonly endpoint: string
  /** Asked for at the endpoint when absent. */
  readonly tunnelEndpoint?: string
  readonly project: string
  /** Three-level projects only. */
  readonly schema?: string
  /** A function is asked before every request, so that temporary keys can be renewed. */
  readonly credentials: Credentials | (() => Credentials | Promise<Credentials>)
  /** Signs by version 4, falling back to 1 where the service wants it. Absent: version 1. */
  readonly region?: string
  /** Tunnel quota (a resource group of the Data Transmission Service). */
  readonly quotaName?: string
  readonly userAgent?: string
}

export interface UploadTarget {
  readonly table: string
  readonly partition?: PartitionSpec
}

export interface MaxComputeClientShape {
  createUploadSession(
    target: UploadTarget & {
      readonly overwrite?: boolean
      readonly createPartition?: boolean
      readonly signal?: AbortSignal
    },
  ): Promise<UploadSession>
  openUploadSession(
    target: UploadTarget & { readonly uploadId: string; readonly signal?: AbortSignal },
  ): Promise<UploadSession>
  /** Ends idle connections. */
  close(): void
}
