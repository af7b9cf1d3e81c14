/** What somebody has set: a pause, the job's own limits, the group's speed. */
import { mbps } from './phrases.ts'
import type { Ranked } from './ranked.ts'
import type { ExplainSnapshot } from './snapshot.ts'

export function paused({ isPaused, groupName }: ExplainSnapshot): Ranked | null {
  if (!isPaused) return null
  return {
    code: 'GROUP_PAUSED',
    title: 'the resource group is paused',
    detail: `resource group ${groupName} is paused: nothing new is handed out`,
    fix: `sluice group resume ${groupName}`,
    blocks: true,
  }
}

export function concurrent(at: ExplainSnapshot): Ranked {
  return {
    code: 'JOB_CONCURRENT',
    title: "the job's own limit of channels",
    detail: `${at.inFlight} slices are in flight, and job ${at.jobName} allows ${at.concurrent}`,
    fix: 'raise "setting.speed.concurrent" of the job, up to 32',
    blocks: false,
  }
}

export function limited({ speed, group, groupName }: ExplainSnapshot): Ranked | null {
  if (speed === null) return null
  const whose =
    group === null || group.bytesPerSecondMax === null
      ? 'the limit of the job'
      : `its share of ${mbps(group.bytesPerSecondMax)} of resource group ${groupName}`
  return {
    code: 'SPEED_LIMIT',
    title: 'a speed limit is in effect',
    detail: `the run moves ${mbps(speed)} at most: ${whose}`,
    fix: `raise "setting.speed.mbps" of the job, or the group's: sluice group update ${groupName} --mbps <number>`,
    blocks: false,
  }
}
