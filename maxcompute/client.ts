/** The entry of the library: one client for one project, with REST, SQL and the Tunnel behind it. */

import { HTTP_LIMITS, HttpClient, type HttpLimits, type TlsOptions } from './http.ts'
import {
  findInstanceByUuid,
  getInstanceResult,
  getTaskStatus,
  type InstanceResult,
  type SqlInstance,
  stopInstance,
  submitSql,
  type SubmitSqlOptions,
  type TaskStatus,
  waitForInstance,
} from './instance.ts'
import type { PartitionSpec } from './partition-spec.ts'
import { getProject, type ProjectInfo } from './project.ts'
import { type RetryClock, systemClock } from './retry.ts'
import { Service } from './service.ts'
import type { Credentials } from './sign.ts'
import {
  getPartition,
  getTable,
  listPartitions,
  listTables,
  type PartitionInfo,
  type TableInfo,
  type TableName,
} from './table.ts'
import {
  type CreateDownloadOptions,
  createDownloadSession,
  type DownloadSession,
} from './tunnel/download-session.ts'
import { openInstanceResult, type QueryResult } from './tunnel/instance-tunnel.ts'
import {
  type CreateUploadOptions,
  createUploadSession,
  type OpenUploadOptions,
  openUploadSession,
  type UploadSession,
} from './tunnel/upload-session.ts'

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
  readonly tls?: TlsOptions
  readonly limits?: HttpLimits
  /** Tries of one request, the first included; absent: the library's own, which goes on for minutes. */
  readonly triesMax?: number
  /** Time and chance; for tests. */
  readonly clock?: RetryClock
}

const USER_AGENT = 'sluice-maxcompute/0.1.0'

interface Stoppable {
  readonly signal?: AbortSignal
}

/** All methods throw `MaxComputeError` and nothing else, unless they say so. */
export class MaxComputeClient {
  readonly #service: Service

  /** Makes no request. Throws InvalidConfiguration for endpoints that are none. */
  constructor(options: ClientOptions) {
    const http = new HttpClient(options.limits ?? HTTP_LIMITS, options.tls ?? {})
    this.#service = new Service(
      {
        endpoint: options.endpoint,
        tunnelEndpoint: options.tunnelEndpoint,
        project: options.project,
        schema: options.schema,
        credentials: options.credentials,
        region: options.region,
        quotaName: options.quotaName,
        userAgent: options.userAgent ?? USER_AGENT,
        triesMax: options.triesMax,
      },
      http,
      options.clock ?? systemClock,
    )
  }

  /** The project; also the test whether endpoint, account and project go together. */
  getProject(options: Stoppable = {}): Promise<ProjectInfo> {
    return getProject(this.#service, options.signal)
  }

  /** The Tunnel's address: as configured, or as the service tells. */
  getTunnelEndpoint(options: Stoppable = {}): Promise<string> {
    return this.#service.tunnelEndpoint(options.signal)
  }

  /** Throws NoSuchTable. */
  getTable(table: string, options: Stoppable = {}): Promise<TableInfo> {
    return getTable(this.#service, table, options.signal)
  }

  listTables(options: Stoppable & { readonly prefix?: string } = {}): AsyncIterable<TableName> {
    return listTables(this.#service, options)
  }

  listPartitions(
    table: string,
    options: Stoppable & { readonly prefix?: PartitionSpec } = {},
  ): AsyncIterable<PartitionInfo> {
    return listPartitions(this.#service, table, options)
  }

  /** null when the partition does not exist. */
  getPartition(
    table: string,
    spec: PartitionSpec,
    options: Stoppable = {},
  ): Promise<PartitionInfo | null> {
    return getPartition(this.#service, table, spec, options.signal)
  }

  async partitionExists(
    table: string,
    spec: PartitionSpec,
    options: Stoppable = {},
  ): Promise<boolean> {
    return (await this.getPartition(table, spec, options)) !== null
  }

  /** Submits a statement, once. Throws InstanceOutcomeUnknown when nobody can tell whether it runs. */
  submitSql(options: SubmitSqlOptions): Promise<SqlInstance> {
    return submitSql(this.#service, options)
  }

  /** The recent instance that was submitted with this uuid; null when none is found. */
  findInstanceByUuid(
    uuid: string,
    options: Stoppable & { readonly sinceMs: number },
  ): Promise<string | null> {
    return findInstanceByUuid(this.#service, uuid, options)
  }

  getTaskStatus(
    instanceId: string,
    options: Stoppable = {},
  ): Promise<{ readonly terminated: boolean; readonly status: TaskStatus }> {
    return getTaskStatus(this.#service, instanceId, options.signal)
  }

  /** Resolves when the statement succeeded. Throws InstanceFailed with the service's message, or InstanceTimeout. */
  waitForInstance(
    instanceId: string,
    options: Stoppable & { readonly timeoutMs?: number } = {},
  ): Promise<void> {
    return waitForInstance(this.#service, instanceId, options)
  }

  getInstanceResult(instanceId: string, options: Stoppable = {}): Promise<InstanceResult> {
    return getInstanceResult(this.#service, instanceId, options.signal)
  }

  stopInstance(instanceId: string, options: Stoppable = {}): Promise<void> {
    return stopInstance(this.#service, instanceId, options.signal)
  }

  /** Submits, waits, and answers the result: for DDL and small statements. */
  async runSql(
    options: SubmitSqlOptions & { readonly timeoutMs?: number },
  ): Promise<SqlInstance & { readonly result: InstanceResult }> {
    const instance = await this.submitSql(options)
    await this.waitForInstance(instance.instanceId, options)
    const result = instance.result ?? (await this.getInstanceResult(instance.instanceId, options))
    return { ...instance, result }
  }

  createUploadSession(options: CreateUploadOptions): Promise<UploadSession> {
    return createUploadSession(this.#service, options)
  }

  /** Throws NoSuchUpload. */
  openUploadSession(options: OpenUploadOptions): Promise<UploadSession> {
    return openUploadSession(this.#service, options)
  }

  createDownloadSession(options: CreateDownloadOptions): Promise<DownloadSession> {
    return createDownloadSession(this.#service, options)
  }

  /** The result of an instance that has succeeded: rows of a SELECT, or text. */
  openInstanceResult(instanceId: string, options: Stoppable = {}): Promise<QueryResult> {
    return openInstanceResult(this.#service, instanceId, options)
  }

  /** Closes idle connections. */
  close(): void {
    this.#service.close()
  }
}
