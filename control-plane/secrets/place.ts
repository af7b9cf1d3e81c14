/** The associated data of everything that is sealed, spelt in one place: the seal and the opening must agree. */

export function datasourcePlace(name: string, version: number): string {
  return `datasource:${name}:${version}`
}

export function jobPlace(name: string, version: number): string {
  return `job:${name}:${version}`
}
