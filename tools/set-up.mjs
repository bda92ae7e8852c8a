import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'

/** Builds the packages and gets the tensor engine; both are quick when there is nothing to do. */
export function setUp() {
  run('build', [
    'node_modules/typescript/bin/tsc',
    '-b',
    ...readdirSync('packages')
      .map((name) => `packages/${name}/tsconfig.lib.json`)
      .filter((file) => existsSync(file)),
  ])
  run('engine install', ['packages/runner/bin/etsef.js', 'engine', 'install'])
}

function run(what, args) {
  const { status, signal } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  if (status === 0) return
  process.stderr.write(`${what} failed (${signal ?? `exit ${status}`})\n`)
  process.exit(status ?? 1)
}
