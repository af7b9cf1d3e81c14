/**
 * Who may import whom: the whole table, as ARCHITECTURE.md quotes it. `.oxlintrc.json` says the coarse part of it
 * in the editor; what needs more than one pattern a folder is only here.
 */

/** The first folder of a path → the folders, or single files, it may import. Its own are always allowed. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  proto: ['lib'],
  maxcompute: ['lib'],
  agent: ['lib', 'proto', 'maxcompute'],
  // The agent's bundle is built when the first host asks for it.
  'control-plane': ['lib', 'proto', 'install/bundle', 'package.json'],
  // A client of the API: its shapes, and the two processes' entry points for `up` and `agent run`.
  cli: ['lib', 'proto', 'control-plane', 'agent/main.ts', 'package.json'],
  console: ['control-plane/api/shapes'],
  install: ['lib'],
  // The second opinion on the wire: it must not share a decoder with what it judges.
  'dev/maxcompute': ['lib'],
  dev: ['lib', 'proto', 'maxcompute', 'agent', 'control-plane', 'cli', 'install', 'test'],
  bench: ['lib', 'proto', 'maxcompute', 'agent', 'control-plane', 'cli', 'dev', 'install', 'test'],
  test: ['lib', 'proto', 'maxcompute', 'agent', 'control-plane', 'cli', 'dev', 'install', 'bench'],
}

/** Inside the control plane: job ← plan ← run ← link, api, schedule ← main. Not listed: sees everything. */
export const CONTROL_PLANE_MUST_NOT_IMPORT: Readonly<Record<string, readonly string[]>> = {
  job: ['plan', 'run', 'link', 'api', 'schedule', 'store'],
  plan: ['run', 'link', 'api', 'schedule', 'store'],
  store: ['link', 'api', 'schedule'],
  run: ['link', 'api', 'schedule'],
  link: ['api', 'schedule'],
  api: ['link', 'schedule'],
  schedule: ['link', 'api'],
}

/** Folders whose files decide and compute only: what they know comes in as arguments. */
export const PURE_FOLDERS = ['control-plane/job/', 'control-plane/plan/', 'agent/convert/']

export const IO_MODULES =
  /^node:(fs|net|tls|http|https|http2|dgram|dns|child_process|worker_threads|timers)/

/** Tests and what only they import may look across: they start the peers that they need. */
export function isTestCode(path: string): boolean {
  return (
    /\.(test|suite|bench|test-support|test-data|test-server|test-worker)\.ts$/.test(path) ||
    /\/(suites|testdata|fixtures)\//.test(path) ||
    /\/test-[a-z-]+\.ts$/.test(path)
  )
}
