// `npm run bench -- NAME [arguments]` runs bench/NAME.mjs, which prints one JSON line {name, ours, peer, ratio, bound, ok}.
import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const [name, ...rest] = process.argv.slice(2)
const here = fileURLToPath(new URL('.', import.meta.url))
const names = readdirSync(here)
  .filter((file) => file.endsWith('.mjs') && file !== 'run.mjs')
  .map((file) => file.slice(0, -4))
if (!name || !existsSync(`${here}${name}.mjs`)) {
  process.stderr.write(`usage: npm run bench -- NAME\nnames: ${names.join(', ')}\n`)
  process.exit(2)
}
process.argv = [process.argv[0], `${here}${name}.mjs`, ...rest]
await import(`./${name}.mjs`)
