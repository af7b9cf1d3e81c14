/** One line at the bottom of a terminal that is painted again and again; text goes above it. */

const CLEAR_LINE = '\r\u001B[2K'

export interface Terminal {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

export class LiveLine {
  readonly #terminal: Terminal
  #shown = ''

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  get width(): number {
    // The last column stays free: a full line would wrap on some terminals.
    return (this.#terminal.columns ?? 80) - 1
  }

  paint(line: string): void {
    this.#shown = line
    this.#terminal.write(CLEAR_LINE + line)
  }

  above(text: string): void {
    this.#terminal.write(`${CLEAR_LINE}${text}\n${this.#shown}`)
  }

  /** Leaves the line where it is and goes below it. */
  finish(): void {
    if (this.#shown !== '') this.#terminal.write('\n')
    this.#shown = ''
  }
}
