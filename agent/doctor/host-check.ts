/** One verdict of the doctor, and the line that says it. The installer's shell part prints the same form. */
export interface HostCheck {
  readonly name: string
  readonly outcome: 'ok' | 'warn' | 'fail' | 'skip'
  /** What was seen. */
  readonly detail: string
  /** What to do; '' unless it warns or fails. */
  readonly advice: string
}

export function ok(name: string, detail: string): HostCheck {
  return { name, outcome: 'ok', detail, advice: '' }
}

/** Cannot be looked at, because something before it failed, or because nobody asked. */
export function skip(name: string, detail: string): HostCheck {
  return { name, outcome: 'skip', detail, advice: '' }
}

export function warn(name: string, detail: string, advice: string): HostCheck {
  return { name, outcome: 'warn', detail, advice }
}

export function fail(name: string, detail: string, advice: string): HostCheck {
  return { name, outcome: 'fail', detail, advice }
}

/** `ok    clock         0.2 s ahead` */
export function checkLine({ name, outcome, detail, advice }: HostCheck): string {
  const word = outcome === 'fail' ? 'FAIL' : outcome
  const text = advice === '' ? detail : `${detail}: ${advice}`
  return `${word.padEnd(4)}  ${name.padEnd(12)}  ${text}`
}
