/** An upgrade that cannot be carried out; the message is for the person who asked for it. */
export class UpgradeProblem extends Error {
  override readonly name = 'UpgradeProblem'
}
