// Writes vendor/yaml.js: `node packages/runner/scripts/bundle-yaml.mjs`. With `--print` it prints it (a test compares).
// The package is 72 small files, which every command would open; of one file it loads in a third of the time.
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const names = ['Lexer', 'LineCounter', 'isAlias', 'isMap', 'isScalar', 'isSeq', 'parseAllDocuments', 'stringify']

const home = dirname(fileURLToPath(import.meta.resolve('yaml/package.json')))
const entry = '\0entry'
const bundle = await rolldown({
  input: entry,
  platform: 'neutral',
  plugins: [
    {
      name: 'entry',
      // `browser/dist` has the same files as ES modules, of which the bundler leaves out what is not used.
      resolveId: (id, importer) =>
        id === entry ? id : importer === entry ? join(home, 'browser', 'dist', 'index.js') : undefined,
      load: (id) => (id === entry ? `export { ${names.join(', ')} } from 'yaml'\n` : undefined),
    },
  ],
})
const { output } = await bundle.generate({ format: 'esm', minify: true, comments: false })
const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
const text = `// yaml ${version}, ISC licence, © Eemeli Aro (LICENSE beside this). Written by scripts/bundle-yaml.mjs; do not edit.\n${output[0].code}`
if (process.argv.includes('--print')) process.stdout.write(text)
else writeFileSync(new URL('../vendor/yaml.js', import.meta.url), text)
