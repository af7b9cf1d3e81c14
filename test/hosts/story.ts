import type { World } from './world.ts'

export interface Story {
  /** On the command line. */
  readonly name: string
  /** A sentence about behaviour. */
  readonly title: string
  /** Its hosts run the machine's systemd. */
  readonly needsSystemd?: true
  readonly tell: (teller: Teller) => Promise<void>
}

export interface Teller {
  readonly world: World
  /** Waits are as long as the real ones. */
  readonly isLong: boolean
  /** A line below the story's title: what was seen, with figures. */
  readonly say: (line: string) => void
}
