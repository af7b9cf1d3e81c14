import type { Exchange } from '../http/exchange.ts'
import { element, httpDate, text } from '../http/xml.ts'
import { ServiceError } from '../service-error.ts'
import type { Catalog } from '../store/catalog.ts'

const PROPERTIES: Readonly<Record<string, string>> = {
  'odps.sql.type.system.odps2': 'true',
  'odps.sql.decimal.odps2': 'true',
  'odps.sql.hive.compatible': 'false',
  'odps.sql.timezone': 'UTC',
}

export function getProject(exchange: Exchange, catalog: Catalog, project: string): void {
  const created = httpDate(projectCreatedMs(catalog, project))
  const properties = Object.entries(PROPERTIES).map(([name, value]) =>
    element('Property', text('Name', name) + text('Value', value)),
  )
  const parts = [
    text('Name', project),
    text('Type', 'managed'),
    text('Comment', ''),
    text('State', 'AVAILABLE'),
    text('Owner', 'ALIYUN$local'),
    text('Property', '{}'),
    element('Properties', properties.join('')),
    text('Region', 'local'),
  ]
  const headers = {
    'x-odps-owner': 'ALIYUN$local',
    'x-odps-creation-time': created,
    'last-modified': created,
  }
  exchange.xml(element('Project', parts.join('')), headers)
}

/** Where the tunnel is: the address that the client itself used. */
export function getTunnel(exchange: Exchange, catalog: Catalog, project: string): void {
  projectCreatedMs(catalog, project)
  exchange.text(exchange.header('host') ?? 'localhost')
}

export function authorize(exchange: Exchange): void {
  exchange.xml(element('Authorization', text('Result', 'local-logview-token')))
}

/** REST names a missing project by another code than the tunnel does. */
function projectCreatedMs(catalog: Catalog, project: string): number {
  try {
    return catalog.projectCreatedMs(project)
  } catch (error) {
    if (error instanceof ServiceError) throw new ServiceError('NoSuchObject', error.message)
    throw error
  }
}
