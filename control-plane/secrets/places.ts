/**
 * Where sealed values stand and what they hold: whoever seals and whoever opens must agree.
 *
 * - a data source's secrets: UTF-8 JSON, the object `secrets` of splitSecrets
 * - a job's text: UTF-8, as it was given
 */

export function datasourcePlace(name: string, version: number): string {
  return `datasource:${name}:${version}`
}

export function jobPlace(name: string, version: number): string {
  return `job:${name}:${version}`
}
