/** A failure as the store and the API hold it: what an agent reported, or what a run ended with. */
export interface WorkFailure {
  readonly code: string
  readonly message: string
  readonly where: Readonly<Record<string, string>>
  readonly cause: string
  readonly retry: 'FATAL' | 'BACKOFF' | 'RESTART_SESSION'
  readonly workId: string
  readonly attempt: number
  /** null: the control plane itself. */
  readonly agentId: string | null
  readonly atMs: number
}
