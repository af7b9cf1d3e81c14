export interface WorkRef {
  readonly workId: string
  /** Fencing token. */
  readonly attempt: number
}

export function workKey({ workId, attempt }: WorkRef): string {
  return `${workId}#${attempt}`
}
