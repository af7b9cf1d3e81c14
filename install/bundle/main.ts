/** `npm run bundle -- [--arch x64|arm64] [--out DIR]`: builds the bundle that hosts install. */
import { parseArgs } from 'node:util'

import packageJson from '../../package.json' with { type: 'json' }
import { buildBundle } from './build-bundle.ts'
import { BundleError } from './bundle-error.ts'
import { ARCHITECTURES } from './native-parts.ts'

const USAGE = 'Usage: npm run bundle -- [--arch x64|arm64] [--out DIR] [--json]'

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      arch: { type: 'string', default: process.arch },
      out: { type: 'string', default: '.cache/bundles' },
      /** Another one than package.json's: tests of upgrades. */
      version: { type: 'string', default: packageJson.version },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const arch = ARCHITECTURES.find((name) => name === values.arch)
  if (values.help || arch === undefined) {
    console.error(arch === undefined ? `--arch ${values.arch}: x64 or arm64\n${USAGE}` : USAGE)
    return values.help ? 0 : 2
  }
  const startedMs = performance.now()
  const info = await buildBundle({ arch, outDir: values.out, version: values.version })
  if (values.json) {
    console.log(JSON.stringify(info))
    return 0
  }
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
  console.log(`${values.out}/${info.file}`)
  console.log(`${(info.bytes / 1e6).toFixed(1)} MB in ${seconds} s, sha256 ${info.sha256}`)
  return 0
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof BundleError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
