/** What the store's thread and the rest of the process say to each other. */

/** `tx` null: a statement of its own; else of the transaction that was begun with this number. */
export type EmbeddedRequest =
  | {
      readonly kind: 'query'
      readonly id: number
      readonly tx: number | null
      readonly sql: string
      readonly params: readonly unknown[]
    }
  | { readonly kind: 'script'; readonly id: number; readonly tx: number; readonly sql: string }
  | { readonly kind: 'begin'; readonly id: number }
  | {
      readonly kind: 'end'
      readonly id: number
      readonly tx: number
      readonly outcome: 'commit' | 'rollback'
    }
  | { readonly kind: 'close'; readonly id: number }

export type EmbeddedAnswer =
  | { readonly id: number; readonly ok: true; readonly rows: readonly object[] }
  | { readonly id: number; readonly ok: false; readonly error: EmbeddedError }

/** As much of the driver's error as driverError looks at; its parameters may be secret and stay there. */
export interface EmbeddedError {
  readonly message: string
  readonly code: string
  readonly constraint: string
}

/** The id of the message that says whether the store could be opened. */
export const OPENED = 0
