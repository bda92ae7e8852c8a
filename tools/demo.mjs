// `npm run demo`: builds, gets the tensor engine on first use, runs the whole method on synthetic images, and makes the report of the run.
import { spawnSync } from 'node:child_process'
import { setUp } from './set-up.mjs'

setUp()
const { status, signal } = etsef('run', 'pipelines/demo.yaml', ...process.argv.slice(2))
if (status !== 0) process.exit(status ?? (signal === 'SIGINT' ? 130 : 1))
console.log('\nThe report of this run, a page to open in a browser:')
process.exit(etsef('report', ...storeArguments()).status ?? 1)

function etsef(...words) {
  return spawnSync(process.execPath, ['packages/runner/bin/etsef.js', ...words], { stdio: 'inherit' })
}

/** Of the words for the run, those that say in which store it is. */
function storeArguments() {
  const at = process.argv.findIndex((word) => /^--store(=|$)/.test(word))
  return at < 0 ? [] : process.argv.slice(at, process.argv[at].includes('=') ? at + 1 : at + 2)
}
