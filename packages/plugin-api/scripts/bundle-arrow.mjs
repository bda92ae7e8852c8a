// Writes vendor/arrow.js: `node packages/plugin-api/scripts/bundle-arrow.mjs`. With `--print` it prints it (a test compares).
// Arrow is some 250 small modules, which take 0.1 s to load in every worker; of one file the parts used here take a seventh of that.
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const entry = '\0entry'
const bundle = await rolldown({
  input: entry,
  platform: 'node',
  plugins: [
    {
      name: 'entry',
      resolveId: (id, importer) =>
        id === entry ? id : importer === entry ? fileURLToPath(import.meta.resolve(id)) : undefined,
      load: (id) =>
        id === entry
          ? `export { ${[
              'AsyncByteQueue',
              'Field',
              'FixedSizeList',
              'Float32',
              'Float64',
              'Int32',
              'RecordBatch',
              'RecordBatchFileWriter',
              'RecordBatchReader',
              'Schema',
              'Struct',
              'Uint8',
              'Utf8',
              'makeData',
            ].join(', ')} } from 'apache-arrow'\n`
          : undefined,
    },
  ],
})
const { output } = await bundle.generate({ format: 'esm', minify: true, comments: false })
const { version } = JSON.parse(
  readFileSync(join(dirname(fileURLToPath(import.meta.resolve('apache-arrow'))), 'package.json'), 'utf8'),
)
const text = `// Apache Arrow ${version}, with Flatbuffers and tslib; licences in LICENSE-arrow, NOTICE-arrow. Written by scripts/bundle-arrow.mjs; do not edit.\n${output[0].code}`
if (process.argv.includes('--print')) process.stdout.write(text)
else writeFileSync(new URL('../vendor/arrow.js', import.meta.url), text)
