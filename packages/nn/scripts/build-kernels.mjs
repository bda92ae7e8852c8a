// Builds src/images/image-kernels-binary.ts from the AssemblyScript in src/images/kernels/assembly: `node packages/nn/scripts/build-kernels.mjs`.
// Without arguments it writes the file; `--print` prints it (a test compares).
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'

const baseDir = fileURLToPath(new URL('../src/images/kernels/assembly', import.meta.url))
const outputs = new Map()
const { error, stderr } = await asc.main(
  [
    'index.ts',
    ...['--baseDir', baseDir, '--outFile', 'kernels.wasm', '-O3', '--noAssert', '--runtime', 'stub'],
    // The memory is the module's own, and grows with the pictures; see src/images/image-kernels.ts.
    ...['--initialMemory', '1', '--enable', 'simd'],
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

/** The WebAssembly module of what is slow on pixels (kernels/assembly), base64. */
export const imageKernelsBinary: string = [
${lines.join('\n')}
].join('')
`
if (process.argv.includes('--print')) process.stdout.write(source)
else writeFileSync(new URL('../src/images/image-kernels-binary.ts', import.meta.url), source)
