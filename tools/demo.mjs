// `npm run demo`: builds, gets the tensor engine on first use, and runs the whole method on synthetic images.
import { spawnSync } from 'node:child_process'
import { setUp } from './set-up.mjs'

setUp()
const { status, signal } = spawnSync(
  process.execPath,
  ['packages/runner/bin/etsef.js', 'run', 'pipelines/demo.yaml', ...process.argv.slice(2)],
  { stdio: 'inherit' },
)
process.exit(status ?? (signal === 'SIGINT' ? 130 : 1))
