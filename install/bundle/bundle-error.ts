/** A bundle cannot be built; the message says why, and what to do. */
export class BundleError extends Error {
  override readonly name = 'BundleError'
}
