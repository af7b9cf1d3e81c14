/** Versions as releases carry them: `1.4.2`, `1.5.0-rc.1`. */

const VERSION = /^(\d{1,6})\.(\d{1,6})\.(\d{1,6})(?:-([0-9A-Za-z.-]{1,64}))?$/

interface Version {
  readonly numbers: readonly [number, number, number]
  /** Empty: a release. */
  readonly preRelease: readonly string[]
}

/** Of the same major version, so many minor ones apart an agent and the control plane may be. */
const MINORS_APART_MAX = 2

export function isVersion(text: string): boolean {
  return VERSION.test(text)
}

/** < 0: `a` is older. A text that is no version is older than all that are. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parse(a), parse(b)]
  if (left === null || right === null) return Number(left !== null) - Number(right !== null)
  for (const [index, number] of left.numbers.entries()) {
    const difference = number - (right.numbers[index] ?? 0)
    if (difference !== 0) return difference
  }
  return comparePreReleases(left.preRelease, right.preRelease)
}

/** N-2: whether an agent of this version can work with this control plane. */
export function isWithinReach(agentVersion: string, planeVersion: string): boolean {
  const [agent, plane] = [parse(agentVersion), parse(planeVersion)]
  if (agent === null || plane === null) return false
  return (
    agent.numbers[0] === plane.numbers[0] &&
    Math.abs(agent.numbers[1] - plane.numbers[1]) <= MINORS_APART_MAX
  )
}

function parse(text: string): Version | null {
  const match = VERSION.exec(text)
  if (match === null) return null
  const [, major, minor, patch, preRelease] = match
  return {
    numbers: [Number(major), Number(minor), Number(patch)],
    preRelease: preRelease === undefined ? [] : preRelease.split('.'),
  }
}

/** As semver has it: a pre-release comes before its release, numbers before words. */
function comparePreReleases(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return Number(a.length === 0) - Number(b.length === 0)
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const [left, right] = [a[index], b[index]]
    if (left === undefined || right === undefined) return left === undefined ? -1 : 1
    if (left === right) continue
    const [isNumber, isOtherNumber] = [/^\d+$/.test(left), /^\d+$/.test(right)]
    if (isNumber && isOtherNumber) return Number(left) - Number(right)
    if (isNumber !== isOtherNumber) return isNumber ? -1 : 1
    return left < right ? -1 : 1
  }
  return 0
}
