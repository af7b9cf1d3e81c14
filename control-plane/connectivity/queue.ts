/**
 * Tests that wait for their turn: an agent is given few at once, and all agents together a bounded number.
 * Those that nobody waits for begin at a bounded rate: of a fleet of thousands they would be more work than
 * its runs. At this rate 36,000 pairs are tested in half an hour.
 */

export const TESTS_PER_AGENT_MAX = 2
export const TESTS_MAX = 50
/** Of either kind; more are refused: whoever asks comes again. */
const TESTS_WAITING_MAX = 20_000
/** That nobody waits for: begun at once, and then in each second. */
export const OTHERS_BURST = 200
export const OTHERS_PER_SECOND = 20

type Run = () => Promise<void>
/** By agent, in the order in which agents began to wait. */
type Lane = Map<string, Run[]>

export class TestQueue {
  /** For these a person or a run waits: they go first. */
  readonly #urgent: Lane = new Map()
  readonly #others: Lane = new Map()
  readonly #running = new Map<string, number>()
  readonly #monotonicMs: () => number
  readonly #waiting = new Map<Lane, number>()
  #runningCount = 0
  #othersMayBegin = OTHERS_BURST
  #filledMs: number

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs
    this.#filledMs = monotonicMs()
  }

  /** For tests that nobody waits for. */
  get isFull(): boolean {
    return this.#waitingIn(this.#others) >= TESTS_WAITING_MAX
  }

  /** False: TESTS_WAITING_MAX of this kind wait already. `run` never rejects. */
  add(agentId: string, isUrgent: boolean, run: Run): boolean {
    const lane = isUrgent ? this.#urgent : this.#others
    if (this.#waitingIn(lane) >= TESTS_WAITING_MAX) return false
    const ofAgent = lane.get(agentId)
    if (ofAgent === undefined) lane.set(agentId, [run])
    else ofAgent.push(run)
    this.#waiting.set(lane, this.#waitingIn(lane) + 1)
    this.#startOf(lane, agentId)
    return true
  }

  /** Begins what may begin; called each second, too. */
  pump(): void {
    this.#fill()
    for (const lane of [this.#urgent, this.#others]) {
      for (const agentId of lane.keys()) {
        if (this.#runningCount >= TESTS_MAX) return
        if (lane === this.#others && this.#othersMayBegin === 0) return
        this.#startOf(lane, agentId)
      }
    }
  }

  #fill(): void {
    const seconds = Math.floor((this.#monotonicMs() - this.#filledMs) / 1_000)
    this.#filledMs += seconds * 1_000
    const filled = this.#othersMayBegin + seconds * OTHERS_PER_SECOND
    this.#othersMayBegin = Math.min(OTHERS_BURST, filled)
  }

  #startOf(lane: Lane, agentId: string): void {
    const ofAgent = lane.get(agentId) ?? []
    while (this.#runningCount < TESTS_MAX && this.#runningOf(agentId) < TESTS_PER_AGENT_MAX) {
      if (lane === this.#others && this.#othersMayBegin === 0) break
      const run = ofAgent.shift()
      if (run === undefined) break
      if (lane === this.#others) this.#othersMayBegin -= 1
      this.#waiting.set(lane, this.#waitingIn(lane) - 1)
      this.#start(agentId, run)
    }
    if (ofAgent.length === 0) lane.delete(agentId)
  }

  #start(agentId: string, run: Run): void {
    this.#runningCount += 1
    this.#running.set(agentId, this.#runningOf(agentId) + 1)
    void run().finally(() => {
      this.#runningCount -= 1
      const left = this.#runningOf(agentId) - 1
      if (left === 0) this.#running.delete(agentId)
      else this.#running.set(agentId, left)
      this.pump()
    })
  }

  #waitingIn(lane: Lane): number {
    return this.#waiting.get(lane) ?? 0
  }

  #runningOf(agentId: string): number {
    return this.#running.get(agentId) ?? 0
  }
}
