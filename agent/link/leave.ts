import type { ServiceError } from '@grpc/grpc-js'

import type { HostFacts } from '../../proto/gen/sluice/agent/v1/HostFacts.ts'
import { AgentError } from './agent-error.ts'
import { callMetadata, createLinkClient } from './client.ts'
import { loadGeneration, loadIdentity } from './identity.ts'
import { formatServerAddress } from './server-address.ts'

const LEAVE_TIMEOUT_MS = 15_000

/**
 * Tells the control plane that this agent is uninstalled: it is revoked there, and its name can be
 * given again once it is deleted. Resolves with its name; rejects with AgentError.
 */
export async function leaveForGood(stateDir: string, facts: HostFacts): Promise<string> {
  const identity = await loadIdentity(stateDir)
  if (identity === null) throw new AgentError('NOT_ENROLLED', `${stateDir} holds no identity`)
  const generation = await loadGeneration(stateDir)
  const { server, caPem, name } = identity
  const client = createLinkClient(server, caPem, identity)
  try {
    await new Promise<void>((resolve, reject) => {
      const deadline = Date.now() + LEAVE_TIMEOUT_MS
      client.leave({ generation, facts }, callMetadata('leave'), { deadline }, (error) => {
        if (error === null) resolve()
        else reject(leaveError(formatServerAddress(server), error))
      })
    })
    return name
  } finally {
    client.close()
  }
}

function leaveError(where: string, error: ServiceError): AgentError {
  return new AgentError('UNREACHABLE', `${where} did not take it: ${error.details}`, {
    cause: error,
  })
}
