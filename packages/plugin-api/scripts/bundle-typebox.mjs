// Writes vendor/typebox.js: `node packages/plugin-api/scripts/bundle-typebox.mjs`. With `--print` it prints it (a test compares).
// TypeBox is some 400 small modules, which take 0.2 s to load; of one file the few parts used here take a tenth of that.
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const entry = '\0entry'
const bundle = await rolldown({
  input: entry,
  platform: 'neutral',
  plugins: [
    {
      name: 'entry',
      resolveId: (id, importer) =>
        id === entry ? id : importer === entry ? fileURLToPath(import.meta.resolve(id)) : undefined,
      load: (id) =>
        id === entry
          ? "export { Type } from 'typebox'\nexport { Settings } from 'typebox/system'\nexport { Errors } from 'typebox/value'\n"
          : undefined,
    },
  ],
})
const { output } = await bundle.generate({ format: 'esm', minify: true, comments: false })
const { version } = JSON.parse(
  readFileSync(join(dirname(fileURLToPath(import.meta.resolve('typebox'))), '..', 'package.json'), 'utf8'),
)
const text = `// TypeBox ${version}, MIT licence, © Haydn Paterson. Written by scripts/bundle-typebox.mjs; do not edit.\n${output[0].code}`
if (process.argv.includes('--print')) process.stdout.write(text)
else writeFileSync(new URL('../vendor/typebox.js', import.meta.url), text)
