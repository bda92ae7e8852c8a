// Builds src/numeric/kernels/binary.ts from the AssemblyScript in src/numeric/kernels/assembly: `node packages/plugin-ensemble/scripts/build-kernels.mjs`.
// Without arguments it writes the file; `--print` prints it (a test compares).
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'

const baseDir = fileURLToPath(new URL('../src/numeric/kernels/assembly', import.meta.url))
const outputs = new Map()
const { error, stderr } = await asc.main(
  [
    'index.ts',
    ...['--baseDir', baseDir, '--outFile', 'kernels.wasm', '-O3', '--noAssert', '--runtime', 'stub'],
    // Memory comes from outside, and is shared: several threads may work in it; see src/numeric/kernels/crew.ts.
    ...['--importMemory', '--noExportMemory', '--sharedMemory', '--maximumMemory', '65536'],
    ...['--enable', 'simd', '--enable', 'threads'],
  ],
  { writeFile: (name, contents) => void outputs.set(name, contents) },
)
if (error) {
  process.stderr.write(stderr.toString())
  throw error
}
const lines = Buffer.from(outputs.get('kernels.wasm'))
  .toString('base64')
  .match(/.{1,112}/g)
  .map((line) => `  '${line}',`)
const source = `// Written by scripts/build-kernels.mjs; do not edit.

/** The WebAssembly module of the numeric kernels, base64. */
export const kernelsBinary: string = [
${lines.join('\n')}
].join('')
`
if (process.argv.includes('--print')) process.stdout.write(source)
else writeFileSync(new URL('../src/numeric/kernels/binary.ts', import.meta.url), source)
