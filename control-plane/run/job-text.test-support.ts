import { deriveSecretKey, seal } from '../secrets/seal.ts'
import { jobPlace } from '../secrets/sealed-places.ts'
import type { Database } from '../store/database.ts'
import { applyJob } from '../store/jobs/apply-job.ts'

export const TEST_KEY = deriveSecretKey(new Uint8Array(32).fill(7))

export interface JobJson {
  steps: { parameter: Record<string, unknown> }[]
}

/** A job from the ledger to the log's end, with inline connections. */
export function testJob(changes: object = {}, writer: object = {}): JobJson {
  const job = {
    type: 'job',
    version: '2.0',
    steps: [
      {
        stepType: 'kafka',
        name: 'Reader',
        category: 'reader',
        parameter: {
          server: '10.0.0.1:9092',
          topic: 'orders',
          groupId: 'cg',
          keyType: 'STRING',
          valueType: 'STRING',
          beginType: 'ledger',
          endType: 'latest',
          column: ['__value__'],
        },
      },
      {
        stepType: 'odps',
        name: 'Writer',
        category: 'writer',
        parameter: {
          endpoint: 'http://127.0.0.1:1/api',
          project: 'p',
          accessId: 'id',
          accessKey: 'secret',
          table: 't',
          truncate: false,
          column: ['v'],
          ...writer,
        },
      },
    ],
    order: { hops: [{ from: 'Reader', to: 'Writer' }] },
    setting: { errorLimit: { record: '0' }, speed: { concurrent: 4, throttle: false } },
    ...changes,
  }
  return job
}

export async function storeJob(db: Database, name: string, job: JobJson): Promise<void> {
  const text = JSON.stringify(job)
  await applyJob(db, {
    name,
    groupName: 'idc',
    datasourceNames: [],
    textDigest: text,
    sealText: (version) => seal(TEST_KEY, Buffer.from(text), jobPlace(name, version)),
    redacted: text,
    nowMs: 0,
  })
}
