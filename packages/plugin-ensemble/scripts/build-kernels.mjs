// Builds src/kernels/binary.ts from the WebAssembly text below: `node packages/plugin-ensemble/scripts/build-kernels.mjs`.
// SIMD and tight loops for the few places that dominate. Without arguments it writes the file; `--print` prints it (a test compares).
import { writeFileSync } from 'node:fs'
import wabt from 'wabt'
import { bestCut, divide, keep } from './kernels/exact-trees.mjs'
import { binOf, clear, countRows, histogramCut, rowsCut, subtract } from './kernels/histogram-trees.mjs'
import { products } from './kernels/products.mjs'
import { screen } from './kernels/screens.mjs'
import { lowerTimes, rankTwo } from './kernels/symmetric.mjs'
import { divideRows, sumRows } from './kernels/tree-rows.mjs'
import { i32, local } from './kernels/wat.mjs'

const screens = [
  screen('L1', `(f32x4.abs ${local('difference')})`),
  screen('L2', `(f32x4.mul ${local('difference')} ${local('difference')})`),
].join('\n')
const exactTrees = [16, 32].map((bits) => [bestCut(bits), divide(bits), keep(bits)].join('\n')).join('\n')
const valueOfRow = `(f32.load ${i32('add', local('column'), i32('shl', local('row'), '(i32.const 2)'))})`
const histogramTrees = [8, 16].flatMap((bits) => [
  countRows('addRows', 'add', bits),
  countRows('removeRows', 'sub', bits),
  rowsCut(bits),
  divideRows(`ByBin${bits}`, 'i32', i32('lt_u', binOf(bits), local('limit'))),
])
const functions = [
  products(),
  lowerTimes(),
  rankTwo(),
  sumRows(),
  divideRows('ByValue', 'f32', `(f32.lt ${valueOfRow} ${local('limit')})`),
  exactTrees,
  ...histogramTrees,
  subtract(),
  clear(),
  histogramCut(),
  screens,
]
// Shared, so that several threads can work in it; see src/kernels/crew.ts.
const text = `(module (import "env" "memory" (memory 0 65536 shared)) ${functions.join('\n')})`
const library = await wabt()
const features = { simd: true, bulk_memory: true, threads: true }
const module = library.parseWat('kernels.wat', text, features)
module.resolveNames()
module.validate(features)
const { buffer } = module.toBinary({})
const lines = Buffer.from(buffer)
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
else writeFileSync(new URL('../src/kernels/binary.ts', import.meta.url), source)
