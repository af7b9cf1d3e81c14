import type { NewCertificate } from '../../../proto/gen/sluice/agent/v1/NewCertificate.ts'
import type { FrameTarget } from './frame-target.ts'

export function onNewCertificate(target: FrameTarget, { certificatePem }: NewCertificate): void {
  target.certificateRenewed(certificatePem).catch((error: unknown) => {
    // The old one is still good for half its life: it is asked for again.
    target.parts.log.error({ err: error }, 'the new certificate cannot be kept')
  })
}
