/** The newest lines of the agent's own log, kept for whoever asks for them: those that were sent already, too. */
const BYTES_MAX = 512 * 1024

export class RecentLines {
  readonly #linesMax: number
  #lines: string[] = []
  #bytes = 0

  constructor(linesMax = 2_000) {
    this.#linesMax = linesMax
  }

  push(line: string): void {
    this.#lines.push(line)
    this.#bytes += line.length
    while (this.#lines.length > this.#linesMax || this.#bytes > BYTES_MAX) {
      this.#bytes -= this.#lines.shift()?.length ?? 0
    }
  }

  /** Oldest first. */
  newest(count: number): readonly string[] {
    return count <= 0 ? [] : this.#lines.slice(-count)
  }
}
