import type { DownloadRoutes } from './download/download-routes.ts'
import type { Exchange } from './http/exchange.ts'
import type { InstanceRoutes } from './instance/instance-routes.ts'
import { authorize, getProject, getTunnel } from './rest/project-routes.ts'
import type { TableRoutes } from './rest/table-routes.ts'
import { ServiceError } from './service-error.ts'
import type { Catalog } from './store/catalog.ts'
import type { UploadRoutes } from './upload/upload-routes.ts'

export interface Routes {
  readonly catalog: Catalog
  readonly tables: TableRoutes
  readonly uploads: UploadRoutes
  readonly downloads: DownloadRoutes
  readonly instances: InstanceRoutes
}

/** What kind of request this is, for fault hooks. */
export type RouteKind = 'create' | 'put' | 'complete' | 'get' | 'rest' | 'sql'

export function routeKind(exchange: Exchange): RouteKind {
  const { method, parameters, segments } = exchange
  const isTable = segments.includes('tables')
  if (isTable && method === 'POST' && parameters.has('uploads')) return 'create'
  if (isTable && method === 'PUT' && parameters.has('uploadid')) return 'put'
  if (isTable && method === 'POST' && parameters.has('uploadid')) return 'complete'
  if (isTable && method === 'GET' && parameters.has('uploadid')) return 'get'
  if (method === 'POST' && segments.at(-1) === 'instances') return 'sql'
  return 'rest'
}

/**
 * Performs a request and answers it. Completing an upload, putting a block and submitting SQL leave the reply to the
 * caller, who may drop it: the returned function sends it.
 */
export async function route(exchange: Exchange, routes: Routes): Promise<(() => void) | null> {
  const [first, project, ...rest] = exchange.segments
  if (first === 'logview' || first === 'tenants') {
    throw new ServiceError('NoSuchObject', `${first} is not served by the local endpoint`)
  }
  if (first !== 'projects' || project === undefined) throw unknownUri(exchange)
  const path = rest[0] === 'schemas' ? withoutSchema(rest) : rest
  const [kind, name, ...more] = path
  switch (kind) {
    case undefined:
      getProject(exchange, routes.catalog, project)
      return null
    case 'tunnel':
      getTunnel(exchange, routes.catalog, project)
      return null
    case 'logs':
      exchange.empty(200)
      return null
    case 'authorization':
      authorize(exchange)
      return null
    case 'tables':
      if (name === undefined) routes.tables.list(exchange, project)
      else return routeTable(exchange, routes, project, name, more)
      return null
    case 'instances':
      return routeInstance(exchange, routes, project, name)
    default:
      throw unknownUri(exchange)
  }
}

async function routeTable(
  exchange: Exchange,
  routes: Routes,
  project: string,
  table: string,
  more: readonly string[],
): Promise<(() => void) | null> {
  const { method, parameters } = exchange
  if (more.length > 0) {
    const message = `${more.join('/')} of a table is not served by the local endpoint`
    throw new ServiceError('MethodNotAllowed', message)
  }
  if (method === 'POST' && parameters.has('uploads')) {
    await routes.uploads.create(exchange, project, table)
  } else if (method === 'POST' && parameters.has('uploadid')) {
    return routes.uploads.complete(exchange, project, table)
  } else if (method === 'PUT' && parameters.has('uploadid')) {
    return routes.uploads.putBlock(exchange, project, table)
  } else if (method === 'POST' && parameters.has('downloads')) {
    await routes.downloads.createForTable(exchange, project, table)
  } else if (method !== 'GET') {
    throw new ServiceError('MethodNotAllowed', `${method} is not allowed on this resource`)
  } else if (parameters.has('uploadid')) routes.uploads.reload(exchange, project, table)
  else if (parameters.has('downloadid') && parameters.has('data')) {
    await routes.downloads.data(exchange)
  } else if (parameters.has('downloadid')) routes.downloads.reload(exchange)
  else await routes.tables.get(exchange, project, table)
  return null
}

async function routeInstance(
  exchange: Exchange,
  routes: Routes,
  project: string,
  id: string | undefined,
): Promise<(() => void) | null> {
  const { method, parameters } = exchange
  routes.catalog.projectCreatedMs(project)
  if (id === undefined) {
    if (method === 'POST') return routes.instances.submit(exchange, project)
    routes.instances.list(exchange, project)
  } else if (method === 'POST' && parameters.has('downloads')) {
    await routes.instances.createDownload(exchange, project, id)
  } else if (method === 'PUT') await routes.instances.stop(exchange, project, id)
  else if (method === 'GET') await routes.instances.get(exchange, project, id)
  else throw new ServiceError('MethodNotAllowed', `${method} is not allowed on this resource`)
  return null
}

/** Projects here have no schemas but the default one. */
function withoutSchema(rest: readonly string[]): readonly string[] {
  const schema = rest[1]
  if (schema === 'default') return rest.slice(2)
  throw new ServiceError(
    'NoSuchSchema',
    `schema '${schema ?? ''}' does not exist: the local endpoint has only the schema default`,
  )
}

function unknownUri(exchange: Exchange): ServiceError {
  const path = `/${exchange.segments.join('/')}`
  return new ServiceError(
    'InvalidURI',
    `${exchange.method} ${path} is not served by the local endpoint`,
  )
}
