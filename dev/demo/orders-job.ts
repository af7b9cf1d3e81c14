/** The table of the demo, and the job that fills it. */
import { jobJson } from '../local-system/job-json.ts'

export const GROUP = 'idc'
export const KAFKA_DATASOURCE = 'kafka_demo'
export const MAXCOMPUTE_DATASOURCE = 'odps_demo'
export const TABLE = 'ods_orders'
export const JOB = 'orders-to-maxcompute'

/** Of the record, of the table, and the column's type. */
const COLUMNS = [
  ['orderId', 'order_id', 'BIGINT'],
  ['buyer.id', 'buyer', 'STRING'],
  ['buyer.city', 'city', 'STRING'],
  ['amount', 'amount', 'DECIMAL(18,2)'],
  ['paid', 'paid', 'BOOLEAN'],
  ['createdAt', 'created_at', 'DATETIME'],
  ['items', 'items', 'STRING'],
  ['__partition__', 'kafka_partition', 'BIGINT'],
  ['__offset__', 'kafka_offset', 'BIGINT'],
  ['__timestamp__', 'kafka_time', 'DATETIME'],
  ['__key__', 'kafka_key', 'STRING'],
  ['__headers__', 'kafka_headers', 'STRING'],
  ['__value__', 'kafka_value', 'STRING'],
] as const

export function createTableSql(): string {
  const columns = COLUMNS.map(([, name, type]) => `${name} ${type}`).join(', ')
  return `CREATE TABLE IF NOT EXISTS ${TABLE} (${columns}) PARTITIONED BY (ds STRING);`
}

export function ordersJob(topic: string, concurrent: number): object {
  return jobJson({
    kafkaDatasource: KAFKA_DATASOURCE,
    topic,
    maxComputeDatasource: MAXCOMPUTE_DATASOURCE,
    table: TABLE,
    partition: 'ds=${ds}',
    columns: COLUMNS.map(([source, name]) => [source, name] as const),
    truncate: true,
    concurrent,
  })
}
