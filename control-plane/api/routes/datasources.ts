import { parseDataSource, splitSecrets } from '../../job/datasource.ts'
import { open, seal } from '../../secrets/seal.ts'
import { datasourcePlace } from '../../secrets/sealed-places.ts'
import type { DatasourceRow } from '../../store/datasources/datasource-row.ts'
import { deleteDatasource } from '../../store/datasources/delete-datasource.ts'
import { findDatasource } from '../../store/datasources/find-datasource.ts'
import { listDatasources } from '../../store/datasources/list-datasources.ts'
import { upsertDatasource } from '../../store/datasources/upsert-datasource.ts'
import { ApiError } from '../api-error.ts'
import { orConflict } from '../conflict.ts'
import type { Api, ApiContext } from '../context.ts'
import { answers, ListOf, Nothing } from '../shapes/building-blocks.ts'
import {
  Datasource,
  DatasourceApplied,
  DatasourceInput,
  DatasourceParams,
} from '../shapes/datasource.ts'

const tags = ['datasources']

export function datasourceRoutes(api: Api, context: ApiContext): void {
  const { db } = context
  api.get(
    '/datasources',
    { schema: { tags, response: answers(200, ListOf(Datasource)) } },
    async () => ({ items: (await listDatasources(db)).map(datasourceAnswer) }),
  )
  api.get(
    '/datasources/:name',
    { schema: { tags, params: DatasourceParams, response: answers(200, Datasource) } },
    async ({ params }) => {
      const found = await findDatasource(db, params.name)
      if (found === null) throw datasourceNotFound(params.name)
      return datasourceAnswer(found)
    },
  )
  api.put(
    '/datasources/:name',
    {
      schema: {
        tags,
        params: DatasourceParams,
        body: DatasourceInput,
        response: answers(200, DatasourceApplied),
      },
    },
    async ({ params, body }) => applyDatasource(context, params.name, body),
  )
  api.delete(
    '/datasources/:name',
    { schema: { tags, params: DatasourceParams, response: answers(200, Nothing) } },
    async ({ params }) => {
      const deletion = await deleteDatasource(db, params.name)
      if (deletion.outcome === 'notFound') throw datasourceNotFound(params.name)
      if (deletion.outcome === 'inUse') {
        const message = `data source ${params.name} is used by: ${deletion.jobs.join(', ')}`
        throw new ApiError('DATASOURCE_IN_USE', message, { where: params.name })
      }
      context.connectivity.datasourceDeleted(params.name)
      return {}
    },
  )
}

async function applyDatasource(
  context: ApiContext,
  name: string,
  input: DatasourceInput,
): Promise<DatasourceApplied> {
  const kept = input.keepSecrets === true ? await storedSecrets(context, name, input.type) : {}
  const properties = { ...kept, ...input.properties }
  const { description = '', type } = input
  const parsed = parseDataSource({ name, type, description, properties })
  if (!parsed.ok) {
    const count = parsed.problems.length
    const message = `data source ${name} has ${count} ${count === 1 ? 'problem' : 'problems'}`
    throw new ApiError('DATASOURCE_INVALID', message, { where: name, problems: parsed.problems })
  }
  const { open: shown, secrets } = splitSecrets(type, properties)
  const plain = Buffer.from(JSON.stringify(secrets))
  const upserted = upsertDatasource(context.db, {
    name,
    type,
    description,
    properties: shown,
    sealSecrets: (version) => seal(context.secretKey, plain, datasourcePlace(name, version)),
    updatedAtMs: context.now(),
  })
  const raced = `data source ${name} was just created by somebody else: try again`
  const { id, version } = await orConflict(upserted, 'NAME_TAKEN', raced)
  context.connectivity.datasourceChanged(name, { id, version })
  return { name, version, notes: [...parsed.notes] }
}

/** What is stored now, so that a form need not ask for the password again. */
async function storedSecrets(
  { db, secretKey }: ApiContext,
  name: string,
  type: string,
): Promise<Record<string, unknown>> {
  const found = await findDatasource(db, name)
  if (found === null || found.type !== type) return {}
  const plain = open(secretKey, found.secrets, datasourcePlace(name, found.version))
  return JSON.parse(Buffer.from(plain).toString('utf8')) as Record<string, unknown>
}

function datasourceAnswer(row: DatasourceRow): Datasource {
  const { name, type, description, properties, version, updatedAtMs } = row
  return { name, type, description, properties, version, updatedAtMs }
}

export function datasourceNotFound(name: string): ApiError {
  return new ApiError('DATASOURCE_NOT_FOUND', `there is no data source ${name}`, { where: name })
}
