/** What the demo prints: steps with the time that each took, and blocks of text below them. */
import { LiveLine, type Terminal } from '../../cli/live-line.ts'

const SPACES = ' '.repeat(12)

export class Screen {
  readonly #out: Terminal
  readonly #live: LiveLine
  readonly #now: () => number
  #step: { readonly title: string; readonly startedAt: number } | null = null

  constructor(out: Terminal, now: () => number) {
    this.#out = out
    this.#live = new LiveLine(out)
    this.#now = now
  }

  /** Columns for a live line below a step. */
  get width(): number {
    return this.#live.width - SPACES.length
  }

  get isTerminal(): boolean {
    return this.#out.isTTY === true
  }

  /** Ends the step before. */
  begin(title: string): void {
    this.end()
    this.#step = { title, startedAt: this.#now() }
    if (this.isTerminal) this.#live.paint(`${SPACES}${title} …`)
  }

  /** `title` replaces the step's own, now that more is known. */
  end(title?: string): void {
    if (this.#step === null) return
    const seconds = ((this.#now() - this.#step.startedAt) / 1000).toFixed(1)
    const line = `  ${seconds.padStart(6)} s  ${title ?? this.#step.title}`
    if (this.isTerminal) {
      this.#live.paint(line)
      this.#live.finish()
    } else {
      this.#out.write(`${line}\n`)
    }
    this.#step = null
  }

  /** The running step did not work. */
  fail(): void {
    if (this.#step !== null) this.end(`${this.#step.title}: failed`)
  }

  /** Shown until the next line; nothing where there is no terminal. */
  paint(line: string): void {
    if (this.isTerminal) this.#live.paint(SPACES + line)
  }

  print(...lines: readonly string[]): void {
    this.end()
    for (const line of lines) this.#out.write(`${line}\n`)
  }

  /** Below the running step, and it goes on. */
  note(line: string): void {
    if (this.isTerminal) this.#live.above(SPACES + line)
    else this.#out.write(`${SPACES}${line}\n`)
  }
}
