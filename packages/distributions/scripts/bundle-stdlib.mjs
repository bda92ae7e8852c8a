// Writes vendor/stdlib.js: `node packages/distributions/scripts/bundle-stdlib.mjs`. With `--print` it prints it (a test compares).
// The few functions used here are some 400 files of 230 packages, which take 80 to 160 ms to load and would be looked at with every plan.
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const functions = {
  betainc: '@stdlib/math-base-special-betainc',
  betaincinv: '@stdlib/math-base-special-betaincinv',
  digamma: '@stdlib/math-base-special-digamma',
  erfc: '@stdlib/math-base-special-erfc',
  erfcinv: '@stdlib/math-base-special-erfcinv',
  gammainc: '@stdlib/math-base-special-gammainc',
  gammaln: '@stdlib/math-base-special-gammaln',
  studentQuantile: '@stdlib/stats-base-dists-t-quantile',
}

const entry = '\0entry'
const debug = '\0debug'
const bundle = await rolldown({
  input: entry,
  platform: 'neutral',
  resolve: { mainFields: ['main'] },
  plugins: [
    {
      name: 'entry',
      resolveId: (id, importer) =>
        id === entry
          ? id
          : id === 'debug'
            ? debug
            : importer === entry
              ? fileURLToPath(import.meta.resolve(id))
              : undefined,
      load: (id) => {
        if (id === entry) {
          return Object.entries(functions)
            .map(([name, from]) => `export { default as ${name} } from '${from}'\n`)
            .join('')
        }
        // Inverse functions would tell the environment's DEBUG of rare cases: not here.
        return id === debug ? 'module.exports = () => () => {}' : undefined
      },
    },
  ],
})
const { output } = await bundle.generate({ format: 'esm', minify: true, comments: false })
const versions = Object.values(functions).map((name) => {
  const { version } = JSON.parse(
    readFileSync(join(dirname(fileURLToPath(import.meta.resolve(name))), '..', 'package.json'), 'utf8'),
  )
  return `${name.slice('@stdlib/'.length)} ${version}`
})
const text = `// Of @stdlib (Apache-2.0, © The Stdlib Authors; LICENSE and NOTICE beside this): ${versions.join(', ')}. Written by scripts/bundle-stdlib.mjs; do not edit.\n${output[0].code}`
if (process.argv.includes('--print')) process.stdout.write(text)
else writeFileSync(new URL('../vendor/stdlib.js', import.meta.url), text)
