/** Files and stdin that a command names. */
import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'

import { InvalidArgumentError } from 'commander'

import { UsageError } from './client-error.ts'

/** @param path `-` is stdin */
export async function readInput(path: string): Promise<string> {
  if (path === '-') return text(process.stdin)
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : String(error)
    throw new UsageError(`cannot read ${path}: ${why}`)
  }
}

/** `key=value`, the value may hold further equals signs. */
export function keyValue(option: string, given: string): readonly [key: string, value: string] {
  const at = given.indexOf('=')
  if (at <= 0) throw new UsageError(`${option} takes key=value, found: ${given}`)
  return [given.slice(0, at), given.slice(at + 1)]
}

/** Labels, each given as `key=value`. */
export function labelsOf(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(given.map((label) => keyValue('--label', label)))
}

/** Reads an option's whole number; commander then names the option. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= min && value <= max) return value
    throw new InvalidArgumentError(`It takes a whole number from ${min} to ${max}.`)
  }
}

/** Collects an option that may be given several times. */
export function repeated(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value]
}
