import type { Database } from '../database.ts'

export interface GroupDatasource {
  readonly groupId: number
  readonly groupName: string
  readonly datasourceName: string
}

/** Which data sources the jobs of each group name; `defaultGroup` is that of jobs that name none. */
export function listGroupDatasources(
  db: Database,
  defaultGroup: string,
): Promise<GroupDatasource[]> {
  return db.query<GroupDatasource>(
    `SELECT DISTINCT g.id AS "groupId", g.name AS "groupName", n.name AS "datasourceName"
       FROM jobs j
       JOIN job_versions v ON v.job_id = j.id AND v.version = j.version
       JOIN resource_groups g ON g.name = COALESCE(v.group_name, $1)
       CROSS JOIN LATERAL unnest(v.datasource_names) AS n(name)
      ORDER BY 2, 3`,
    [defaultGroup],
  )
}
