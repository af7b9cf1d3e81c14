import type { DownloadRoutes } from '../download/download-routes.ts'
import { readRows } from '../download/row-source.ts'
import type { RowSource } from '../download/row-source.ts'
import type { Exchange } from '../http/exchange.ts'
import { cdata, element, httpDate, text } from '../http/xml.ts'
import { ServiceError } from '../service-error.ts'
import { resultTable } from '../sql/run-query.ts'
import type { Database } from '../store/database.ts'
import type { ColumnDef } from '../store/table-def.ts'
import { formatType } from '../type/odps-type.ts'
import { csvHeader, csvRows } from './csv.ts'
import type { InstanceStore } from './instance-store.ts'
import type { Instance } from './instance.ts'
import { jobElement, parseJob, parseStatus } from './job-xml.ts'

/** READ_TABLE_MAX_ROW of the service. */
const CSV_ROWS_MAX = 10_000
const TRY_WAIT_MS = 1000

/** The instance requests of §3.5 and the instance tunnel of §7.3. */
export class InstanceRoutes {
  private readonly store: InstanceStore
  private readonly database: Database
  private readonly downloads: DownloadRoutes

  constructor(store: InstanceStore, database: Database, downloads: DownloadRoutes) {
    this.store = store
    this.database = database
    this.downloads = downloads
  }

  async submit(exchange: Exchange, project: string): Promise<() => void> {
    const xml = await exchange.smallBody()
    const task = parseJob(xml)
    const instance = await this.store.submit(project, task, jobElement(xml))
    if (exchange.parameters.has('tryWait')) await this.store.settled(instance, TRY_WAIT_MS)
    const host = exchange.header('host') ?? 'localhost'
    const location = `http://${host}/api/projects/${project}/instances/${instance.id}`
    return () => exchange.empty(201, { location, ...timeHeaders(instance) })
  }

  list(exchange: Exchange, project: string): void {
    const instances = this.store
      .list(project)
      .map((i) =>
        element(
          'Instance',
          text('Name', i.id) +
            text('Owner', 'ALIYUN$local') +
            text('StartTime', httpDate(i.startedMs)) +
            (i.endedMs === null ? '' : text('EndTime', httpDate(i.endedMs))) +
            text('Status', i.status === 'Running' ? 'Running' : 'Terminated'),
        ),
      )
    const head = `${element('Marker', '')}${text('MaxItems', '1000')}`
    exchange.xml(element('Instances', head + instances.join('')))
  }

  async get(exchange: Exchange, project: string, id: string): Promise<void> {
    const instance = this.instance(project, id)
    const has = (name: string): boolean => exchange.parameters.has(name)
    if (has('data')) await this.data(exchange, instance)
    else if (has('downloadid')) this.downloads.reload(exchange)
    else if (has('taskstatus')) exchange.xml(taskStatus(instance), timeHeaders(instance))
    else if (has('result')) exchange.xml(await this.result(instance), timeHeaders(instance))
    else if (has('source')) exchange.xml(instance.job)
    else if (has('instancesummary') || has('instancedetail') || has('detail') || has('info')) {
      exchange.json({})
    } else if (has('instanceprogress')) exchange.xml(element('Progress', ''))
    else exchange.xml(element('Instance', statusElement(instance)), timeHeaders(instance))
  }

  async stop(exchange: Exchange, project: string, id: string): Promise<void> {
    const instance = this.instance(project, id)
    const status = parseStatus(await exchange.smallBody())
    if (status !== 'Terminated') {
      throw new ServiceError(
        'InvalidArgument',
        `an instance can only be Terminated, not '${status}'`,
      )
    }
    this.store.stop(instance)
    exchange.empty(200)
  }

  async createDownload(exchange: Exchange, project: string, id: string): Promise<void> {
    const instance = this.instance(project, id)
    await this.downloads.createForResult(exchange, rowsOf(instance))
  }

  private async data(exchange: Exchange, instance: Instance): Promise<void> {
    rowsOf(instance)
    await this.downloads.data(exchange)
  }

  private async result(instance: Instance): Promise<string> {
    const { result } = instance
    const isRows = result.kind === 'rows'
    const body = isRows ? await this.csv(instance, result.columns) : result.text
    const encoded = cdata(Buffer.from(body, 'utf8').toString('base64'))
    const format = isRows ? 'csv' : 'text'
    const parts = [text('Name', instance.taskName), text('Status', instance.status)]
    parts.push(`<Result Transform="Base64" Format="${format}">${encoded}</Result>`)
    if (isRows) parts.push(element('ResultDescriptor', cdata(descriptor(result.columns))))
    const task = `<Task Type="${instance.taskType}">${parts.join('')}</Task>`
    return element('Instance', element('Tasks', task))
  }

  private async csv(instance: Instance, columns: readonly ColumnDef[]): Promise<string> {
    let csv = csvHeader(columns)
    const indexes = columns.map((_, i) => i)
    const rows = readRows(this.database, rowsOf(instance), indexes, 0, CSV_ROWS_MAX)
    for await (const values of rows) csv += csvRows(columns, values)
    return csv
  }

  private instance(project: string, id: string): Instance {
    const instance = this.store.find(project, id)
    if (instance !== null) return instance
    throw new ServiceError('NoSuchObject', `ODPS-0420061: Instance not found - ${id} in ${project}`)
  }
}

/** A query's rows; throws what makes PyODPS fall back to `?result`. */
function rowsOf(instance: Instance): RowSource {
  if (instance.status === 'Running') {
    throw new ServiceError('InstanceNotTerminate', `instance ${instance.id} is still running`)
  }
  const { result } = instance
  if (result.kind !== 'rows') {
    throw new ServiceError('InstanceTypeNotSupported', `instance ${instance.id} has no result rows`)
  }
  const names = result.columns.map((_, i) => `c${i}`)
  return { from: resultTable(instance.id), where: '', columns: result.columns, names }
}

function statusElement(instance: Instance): string {
  return text('Status', instance.status === 'Running' ? 'Running' : 'Terminated')
}

function taskStatus(instance: Instance): string {
  const parts = [text('Name', instance.taskName), text('StartTime', httpDate(instance.startedMs))]
  if (instance.endedMs !== null) parts.push(text('EndTime', httpDate(instance.endedMs)))
  parts.push(text('Status', instance.status), element('Histories', ''))
  const task = `<Task Type="${instance.taskType}">${parts.join('')}</Task>`
  return element('Instance', statusElement(instance) + element('Tasks', task))
}

function timeHeaders(instance: Instance): Record<string, string> {
  const headers = {
    'x-odps-owner': 'ALIYUN$local',
    'x-odps-start-time': httpDate(instance.startedMs),
  }
  if (instance.endedMs === null) return headers
  return { ...headers, 'x-odps-end-time': httpDate(instance.endedMs) }
}

function descriptor(columns: readonly ColumnDef[]): string {
  return JSON.stringify({
    IsSelect: true,
    SelectResultStatus: 'OK',
    Schema: { Columns: columns.map((c) => ({ Name: c.name, Type: formatType(c.type) })) },
  })
}
