import type { Logger } from 'pino'

import type { Fenced } from '../../../proto/gen/sluice/agent/v1/Fenced.ts'
import type { HeartbeatAck } from '../../../proto/gen/sluice/agent/v1/HeartbeatAck.ts'
import type { Upgrade } from '../../../proto/gen/sluice/agent/v1/Upgrade.ts'
import type { Welcome } from '../../../proto/gen/sluice/agent/v1/Welcome.ts'
import type { ResultSpool } from '../result-spool.ts'
import type { WorkDesk } from '../work-desk.ts'

/** What a frame's handler can do: the connection, as the handlers see it. */
export interface FrameTarget {
  readonly parts: {
    readonly desk: WorkDesk
    readonly spool: ResultSpool
    readonly log: Logger
    readonly onDrain: (deadlineMs: number) => void
    readonly onUpgrade: (upgrade: Upgrade) => void
  }
  readonly isActive: boolean
  welcomed(welcome: Welcome): Promise<void>
  beatAcknowledged(ack: HeartbeatAck): void
  answerProbe(nonce: number): void
  certificateRenewed(certificatePem: string): Promise<void>
  fail(why: string): void
  finish(
    outcome:
      | ({ readonly kind: 'fenced' } & Pick<Fenced, 'reason' | 'message' | 'enrolToken'>)
      | { readonly kind: 'goAway'; readonly reason: string; readonly reconnectAfterMs: number },
  ): void
}
