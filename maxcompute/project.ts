/** Projects. */

import type { Service } from './service.ts'
import { parseXml } from './xml.ts'

export interface ProjectInfo {
  readonly name: string
  readonly type: string
  readonly state: string
  readonly comment: string
  readonly region: string
  readonly owner: string
  readonly properties: ReadonlyMap<string, string>
}

/** The client's project, with all its properties. Throws NoSuchProject, AccessDenied, Unauthorized and so on: a test of the connection. */
export async function getProject(service: Service, signal?: AbortSignal): Promise<ProjectInfo> {
  const answer = await service.call({
    endpoint: 'rest',
    method: 'GET',
    path: ['projects', service.options.project],
    query: { properties: 'all' },
    signal,
  })
  const project = parseXml(answer.body.toString('utf8'), 'Project', answer.where)
  const owner = answer.headers['x-odps-owner']
  const properties = project
    .child('Properties')
    .children('Property')
    .map((property) => [property.textOf('Name'), property.child('Value').text] as const)
  return {
    name: project.textOf('Name') || service.options.project,
    type: project.textOf('Type'),
    state: project.textOf('State'),
    comment: project.textOf('Comment'),
    region: project.textOf('Region'),
    owner: typeof owner === 'string' ? owner : '',
    properties: new Map(properties),
  }
}
