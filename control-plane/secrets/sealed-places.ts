/** Where sealed values stand: the associated data of their seals. One convention for all who seal. */

/** JSON object of the secret properties (job/datasource.ts `splitSecrets`), for this version. */
export function datasourcePlace(name: string, version: number): string {
  return `datasource:${name}:${version}`
}

/** UTF-8 text of the job JSON as it was given, for this version. */
export function jobPlace(name: string, version: number): string {
  return `job:${name}:${version}`
}
