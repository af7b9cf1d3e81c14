/** One partition of a table: its keys and values, in the order of the partition columns. */
export interface PartitionSpec {
  readonly parts: readonly { readonly name: string; readonly value: string }[]
}
