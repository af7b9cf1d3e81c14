import type { BundleLibrary } from './bundle-library.ts'
import type { Campaign, Turn } from './campaign.ts'
import type { UpgradeLink } from './upgrade-port.ts'

/** Orders to agents that are under way: each is sent once in every session, until it is answered for good. */
export class Orders {
  readonly #bundles: BundleLibrary
  /** By order: the session (by its start) in which it was sent last. Of agents that are under way alone. */
  readonly #sent = new Map<number, number>()

  constructor(bundles: BundleLibrary) {
    this.#bundles = bundles
  }

  /** Sends what has to be sent; resolves with why it cannot, ever; null: it can, or need not. */
  async send(link: UpgradeLink, campaign: Campaign, turn: Turn): Promise<string | null> {
    const health = link.agentHealth(turn.agentId)
    const sessionMs = health?.onlineSinceMs ?? null
    if (sessionMs === null || this.#sent.get(turn.orderId) === sessionMs) return null
    const { version, drainMs, healthMs } = campaign
    const arch = health?.arch ?? ''
    const bundle = await this.#bundles.find(version, arch)
    if (bundle === null) {
      return `there is no bundle of version ${version} for linux on ${arch} any more`
    }
    const { manifest, signature } = this.#bundles.sign(bundle)
    const order = { upgradeId: turn.orderId, manifest, drainMs, healthMs }
    if (link.sendUpgrade(turn.agentId, { ...order, signature: Buffer.from(signature) })) {
      this.#sent.set(turn.orderId, sessionMs)
    }
    return null
  }

  /** It is answered, or shall be sent again. */
  forget(orderId: number): void {
    this.#sent.delete(orderId)
  }
}
