/** The decompressed size is above the limit. Nothing of that size was allocated. */
export class DecompressedTooLarge extends Error {
  override readonly name = 'DecompressedTooLarge'
}
