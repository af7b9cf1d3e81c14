import type { Database } from '../database.ts'
import { jsonParam } from '../json-param.ts'
import { SAMPLE_FIGURES, type AgentSample } from './agent-sample.ts'

const columns = SAMPLE_FIGURES.map(([column]) => column).join(', ')
const values = SAMPLE_FIGURES.map(([, name]) => `r."${name}"`).join(', ')
const types = SAMPLE_FIGURES.map(([, name, type]) => `"${name}" ${type}`).join(', ')
const folds = SAMPLE_FIGURES.map(([column, , type, fold]) => {
  if (fold === 'max') return `${column} = greatest(s.${column}, excluded.${column})`
  const sum = `s.${column}::float8 * s.beats + excluded.${column}::float8 * excluded.beats`
  return `${column} = ((${sum}) / (s.beats + excluded.beats))::${type}`
}).join(', ')

const SQL = `
  INSERT INTO agent_samples AS s (agent_id, at_ms, beats, ${columns})
  SELECT r."agentId", r."atMs", r.beats, ${values}
    FROM jsonb_to_recordset($1::jsonb) AS r("agentId" uuid, "atMs" bigint, beats integer, ${types})
    JOIN agents a ON a.id = r."agentId"
  ON CONFLICT (agent_id, at_ms) DO UPDATE SET ${folds}, beats = s.beats + excluded.beats`

/**
 * Many minutes of many agents in one statement, each minute of an agent at most once. A minute that
 * is there already (the control plane was restarted within it) is folded with the new part. Agents
 * that were deleted meanwhile are passed over.
 */
export async function insertAgentSamples(
  db: Database,
  samples: readonly AgentSample[],
): Promise<void> {
  await db.query(SQL, [jsonParam(samples)])
}
