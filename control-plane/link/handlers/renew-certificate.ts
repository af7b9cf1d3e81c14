import type { RenewCertificate } from '../../../proto/gen/sluice/agent/v1/RenewCertificate.ts'
import type { FrameContext } from '../link-context.ts'
import { renewCertificate } from '../renew.ts'

/** A failure of the store is not said: the agent asks again. */
export function onRenewCertificate(
  { link, record, session }: FrameContext,
  { csrDer }: RenewCertificate,
): void {
  record.queue.push(async () => {
    const renewed = await renewCertificate(link, record, csrDer)
    if (!session.isOpen) return
    if (renewed.kind === 'refused') {
      return session.handle({ kind: 'fence', reason: 'PROTOCOL_ERROR', message: renewed.message })
    }
    session.certificateRenewed(renewed.untilMs)
    session.send({ newCertificate: { certificatePem: renewed.certificatePem } })
  })
}
