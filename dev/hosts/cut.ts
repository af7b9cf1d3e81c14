/** What a host cannot reach just now: packets in both directions are lost, in its own network namespace. */
import { run } from './command.ts'

export interface Cut {
  readonly address: string
  /** All of it when absent. */
  readonly port?: number
}

/** Replaces what was cut at the node before; none: everything is reached again. */
export async function applyCuts(node: string, cuts: readonly Cut[]): Promise<void> {
  const rules = `table inet cut {}
delete table inet cut
table inet cut {
  chain out {
    type filter hook output priority filter
${cuts.map((cut) => `    ip daddr ${cut.address}${portMatch('dport', cut)} drop`).join('\n')}
  }
  chain in {
    type filter hook input priority filter
${cuts.map((cut) => `    ip saddr ${cut.address}${portMatch('sport', cut)} drop`).join('\n')}
  }
}
`
  await run('ip', ['netns', 'exec', node, 'nft', '-f', '-'], { stdin: rules })
}

function portMatch(field: 'dport' | 'sport', { port }: Cut): string {
  return port === undefined ? '' : ` tcp ${field} ${port}`
}
