/** Sets the services to work: what the store says is unfinished goes on, agents may come, clocks tick. */
import { startHousekeeping } from '../housekeeping.ts'
import { UPDATE_MS as SPEED_UPDATE_MS } from '../run/speed-limits.ts'
import type { Foundation } from './foundation.ts'
import type { Services } from './services.ts'

const SWEEP_MS = 1_000

export interface Started {
  readonly linkPort: number
  /** No new work; what is under way goes on. */
  readonly stop: () => void
}

export async function startServices(
  { config, db, log }: Foundation,
  { link, upgrades, connectivity, runs: { coordinator } }: Services,
): Promise<Started> {
  await coordinator.recover()
  const linkPort = await link.listen(coordinator.events)
  await upgrades.open(link)
  const sweep = setInterval(() => {
    coordinator.sweep()
    void connectivity.tick()
  }, SWEEP_MS)
  const speedUpdates = setInterval(() => coordinator.speed.update(), SPEED_UPDATE_MS)
  const { logRetentionDays } = config
  const stopHousekeeping = startHousekeeping({ db, logRetentionDays, nowMs: Date.now, log })
  const stop = (): void => {
    clearInterval(sweep)
    clearInterval(speedUpdates)
    stopHousekeeping()
    coordinator.stop()
  }
  return { linkPort, stop }
}
