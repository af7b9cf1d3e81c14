import type { Welcome } from '../../../proto/gen/sluice/agent/v1/Welcome.ts'
import type { FrameTarget } from './frame-target.ts'

export function onWelcome(target: FrameTarget, welcome: Welcome): void {
  target.welcomed(welcome).catch((error: unknown) => {
    target.parts.log.error({ err: error }, 'the welcome cannot be carried out')
    target.fail('the welcome cannot be carried out')
  })
}
