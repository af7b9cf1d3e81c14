/**
 * Who says Hello: the agent itself, or a copy of it? Pure.
 *
 * The agent and the control plane share a counter. Each Welcome offers a new number, larger than any
 * before; the agent has it on its disk before it says Reconciled, which confirms it. So of two that
 * were once the same directory, only the one that was welcomed last knows the newest number.
 *
 * V1. The confirmed and the offered number are fresh: of the second it is not known whether it reached
 *     the disk. A larger one was given by a store that was newer than ours: ours went back in time, the
 *     agent is right. Everything else is stale.
 * V2. Another host is a clone, however fresh its number: who holds the key on a second host has copied it.
 * V3. Another process while the old stream lives: the old one is asked. An answer means that two run at
 *     once; silence means that the old process is gone, and its stream only does not know it yet.
 * V4. A stale number on the same host, with nobody else there, is a directory that was restored.
 * V5. The same process again is a reconnect, whatever its old stream looks like from here.
 */
import { createHash } from 'node:crypto'

import { usableUuid } from '../../lib/host-uuid.ts'
import type { HostFacts } from '../../proto/gen/sluice/agent/v1/HostFacts.ts'

export type HostIds = Pick<HostFacts, 'dmiUuid' | 'machineId' | 'bootId'>

/** What is known of the agent. */
export interface KnownAgent {
  readonly generation: number
  readonly generationOffered: number
  /** '': has never connected. */
  readonly processId: string
  readonly facts: HostIds
}

/** Who says Hello. */
export interface Newcomer {
  readonly generation: number
  readonly processId: string
  readonly facts: HostIds
}

/** The stream that the agent has already, and whether it answered when it was asked. */
export type OldSession = 'none' | 'notAsked' | 'answers' | 'silent'

export type HelloVerdict =
  | {
      readonly kind: 'accept'
      readonly rebooted: boolean
      /** The store forgot sessions that the agent remembers (V1). */
      readonly storeWentBack: boolean
    }
  | { readonly kind: 'probe' }
  | { readonly kind: 'copy'; readonly verdict: 'clone' | 'snapshot'; readonly why: string }

export function judgeHello(known: KnownAgent, hello: Newcomer, old: OldSession): HelloVerdict {
  const freshness = freshnessOf(known, hello.generation)
  if (isOtherHost(known.facts, hello.facts)) {
    return copy('clone', 'it runs on another host') // V2
  }
  const isSameProcess = hello.processId === known.processId
  if (freshness === 'stale') {
    if (old === 'notAsked') return { kind: 'probe' }
    if (old === 'answers') {
      return copy('clone', 'the original runs at the same time, and has connected since')
    }
    return copy('snapshot', 'its state is older than what the agent last confirmed') // V4
  }
  if (!isSameProcess) {
    if (old === 'notAsked') return { kind: 'probe' } // V3
    if (old === 'answers') return copy('clone', 'the original runs at the same time')
  }
  return {
    kind: 'accept', // V5
    rebooted: hasRebooted(known, hello),
    storeWentBack: freshness === 'ahead',
  }
}

/** What the next Welcome offers: larger than everything that was ever offered or heard. */
export function nextGeneration(known: KnownAgent, hello: Newcomer): number {
  return Math.max(known.generationOffered, hello.generation) + 1
}

/** What stays pinned: an id that a host can read no longer (DMI is root's) is not another one. */
export function pinnedFacts(known: HostFacts, hello: HostFacts): HostFacts {
  return {
    ...hello,
    dmiUuid: usableUuid(hello.dmiUuid) || usableUuid(known.dmiUuid),
    machineId: hello.machineId || known.machineId,
  }
}

/** By what a copy is known again. */
export function hostHash({ dmiUuid, machineId, bootId }: HostIds): string {
  return createHash('sha256').update([dmiUuid, machineId, bootId].join('\n')).digest('hex')
}

/** By the DMI UUID; where one of the two has none, by the machine-id. Nothing to compare: the same. */
export function isOtherHost(known: HostIds, hello: HostIds): boolean {
  const [ours, theirs] = [usableUuid(known.dmiUuid), usableUuid(hello.dmiUuid)]
  if (ours !== '' && theirs !== '') return ours !== theirs
  if (known.machineId === '' || hello.machineId === '') return false
  return known.machineId !== hello.machineId
}

function freshnessOf(known: KnownAgent, generation: number): 'fresh' | 'ahead' | 'stale' {
  // V1
  if (generation === known.generation || generation === known.generationOffered) return 'fresh'
  return generation > known.generationOffered ? 'ahead' : 'stale'
}

function hasRebooted(known: KnownAgent, hello: Newcomer): boolean {
  const [ours, theirs] = [known.facts.bootId, hello.facts.bootId]
  return known.processId !== '' && ours !== '' && theirs !== '' && ours !== theirs
}

function copy(verdict: 'clone' | 'snapshot', why: string): HelloVerdict {
  return { kind: 'copy', verdict, why }
}
