import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const here = dirname(fileURLToPath(import.meta.url))
const cacheRoot = join(here, '..', '..', '.cache', 'kafka')
/** The plugin that copies the jars; pinned so that two machines get the same tree. */
const COPY_GOAL = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies'
const MAVEN_TIMEOUT_MS = 10 * 60_000
const ANY_BROKER = 'or set KAFKA_BOOTSTRAP to a Kafka that is already running'

export interface KafkaInstall {
  readonly version: string
  /** Root of what is kept for this version; safe to delete. */
  readonly dir: string
  readonly classPath: string
  readonly java: string
  /** Kafka logs nothing at all without it. */
  readonly logConfig: string
}

const run = promisify(execFile)

let installed: Promise<KafkaInstall> | null = null

/**
 * Apache Kafka's jars in `.cache/kafka/<version>`, brought by Maven on the first call ever.
 * Throws an Error whose message says what to install when Java or Maven is missing.
 */
export function installKafka(): Promise<KafkaInstall> {
  installed ??= install()
  return installed
}

async function install(): Promise<KafkaInstall> {
  const pom = join(here, 'pom.xml')
  const version = /<kafka\.version>([^<]+)</.exec(await readFile(pom, 'utf8'))?.[1]
  if (version === undefined) throw new Error(`${pom} names no kafka.version`)
  const java = await findJava()
  const dir = join(cacheRoot, version)
  const jars = join(dir, 'jars')
  if (!existsSync(jars)) await copyJars(pom, dir, jars)
  return {
    version,
    dir,
    java,
    logConfig: join(here, 'log4j2.properties'),
    classPath: join(jars, '*'),
  }
}

async function findJava(): Promise<string> {
  const home = process.env['JAVA_HOME']
  const java = home === undefined ? 'java' : join(home, 'bin', 'java')
  let banner: string
  try {
    banner = (await run(java, ['-version'])).stderr
  } catch (cause) {
    throw new Error(
      `local Kafka needs Java 17 or newer: install openjdk-17-jre-headless, ${ANY_BROKER}`,
      { cause },
    )
  }
  const major = Number(/version "(\d+)/.exec(banner)?.[1] ?? 0)
  if (major < 17) {
    throw new Error(
      `local Kafka needs Java 17 or newer and ${java} is ${major}: set JAVA_HOME, ${ANY_BROKER}`,
    )
  }
  return java
}

async function copyJars(pom: string, dir: string, jars: string): Promise<void> {
  await mkdir(dir, { recursive: true })
  // Copied beside and renamed, so that a half-filled directory is never taken for an install.
  const part = await mkdtemp(join(dir, 'jars-part-'))
  try {
    await run(
      'mvn',
      ['-B', '-q', '-f', pom, COPY_GOAL, '-DincludeScope=runtime', `-DoutputDirectory=${part}`],
      { timeout: MAVEN_TIMEOUT_MS, maxBuffer: 64 << 20 },
    )
    await rename(part, jars).catch((cause: unknown) => {
      if (!existsSync(jars)) throw cause // else another process was faster: its copy is as good
    })
  } catch (cause) {
    throw new Error(mavenFailure(cause), { cause })
  } finally {
    await rm(part, { recursive: true, force: true })
  }
}

function mavenFailure(cause: unknown): string {
  const { code, stdout } = cause as { code?: unknown; stdout?: string }
  if (code === 'ENOENT') return `local Kafka is fetched by Maven: install maven, ${ANY_BROKER}`
  const firstError = /\[ERROR\] (.*)/.exec(stdout ?? '')?.[1] ?? String(cause)
  return `Maven could not fetch Kafka (${firstError}): give this machine access to Maven Central, ${ANY_BROKER}`
}

/**
 * Formats storage once per version and keeps it as a template: a new data directory is then a copy
 * of a few small files, not a second Java start.
 */
export async function storageTemplate(
  kafka: KafkaInstall,
  properties: (logDir: string) => string,
): Promise<string> {
  const template = join(kafka.dir, 'formatted')
  if (existsSync(template)) return template
  const part = await mkdtemp(join(kafka.dir, 'formatted-part-'))
  const config = join(part, 'format.properties')
  await writeFile(config, properties(join(part, 'data')))
  const clusterId = 'c2x1aWNlLWRldi1rYWZrYQ' // 16 bytes, fixed: these brokers never meet
  await run(
    kafka.java,
    ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', kafka.classPath].concat([
      'kafka.tools.StorageTool',
      'format',
      '--cluster-id',
      clusterId,
      '--config',
      config,
    ]),
  )
  await rename(join(part, 'data'), template).catch((cause: unknown) => {
    if (!existsSync(template)) throw cause
  })
  await rm(part, { recursive: true, force: true })
  return template
}
