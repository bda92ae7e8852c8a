// Builds src/images/resize-kernels-binary.ts from the WebAssembly text below: `node packages/nn/scripts/build-kernels.mjs`.
// The two passes of a resize, two float64 lanes at a time, sums in the order of src/images/resize-plain.ts and without fused
// multiply-add: the same bytes. Without arguments it writes the file; `--print` prints it (a test compares).
import { writeFileSync } from 'node:fs'
import wabt from 'wabt'

const local = (name) => `(local.get $${name})`
const set = (name, value) => `(local.set $${name} ${value})`
const number = (value) => `(i32.const ${value})`
const add = (a, b) => `(i32.add ${a} ${b})`
const mul = (a, b) => `(i32.mul ${a} ${b})`
const advance = (name, by) => set(name, add(local(name), typeof by === 'number' ? number(by) : by))
const params = (...names) => names.map((name) => `(param $${name} i32)`).join(' ')
const locals = (type, names) => names.map((name) => `(local $${name} ${type})`).join(' ')
const range = (length) => Array.from({ length }, (_, i) => i)
/** Repeats `body`, at least once, while `condition`. */
const repeat = (label, body, condition) => `(loop $${label} ${body} (br_if $${label} ${condition}))`
const below = (a, b) => `(i32.lt_u ${local(a)} ${local(b)})`

/** Lanes of `bytes` bytes each, picked from those of a, then b. */
const pick = (bytes, lanes, a, b) =>
  `(i8x16.shuffle ${lanes.flatMap((lane) => range(bytes).map((i) => lane * bytes + i)).join(' ')} ${a} ${b})`
const high = (a) => pick(8, [1, 1], a, a)
const accumulate = (sum, weight, value) => set(sum, `(f64x2.add ${local(sum)} (f64x2.mul ${local(weight)} ${value}))`)
/** Rounds halves to even: the low 32 bits of each lane are then the integer. */
const round = (sum) => `(f64x2.add ${local(sum)} (v128.const f64x2 6755399441055744 6755399441055744))`
/** Clamps the 32-bit integers of a, then b, to bytes: the first eight of `name`. */
const clamp = (name, a, b) => `${set(name, `(i16x8.narrow_i32x4_s ${a} ${b})`)}
  ${set(name, `(i8x16.narrow_i16x8_u ${local(name)} ${local(name)})`)}`
/** Two float64 of each pair of 32-bit integers. */
const convert = (a) => `(f64x2.convert_low_i32x4_s ${a})`

/** Eight bytes of each of two rows as float64: `[a0, b0], [a1, b1] …`. */
const widen = () => {
  const bytes = ['inA', 'inB'].map((row) => `(v128.load64_zero ${add(local(row), local('at'))})`)
  const sides = ['low', 'high']
  const quarters = sides.flatMap((half, i) => [
    set('half', `(i16x8.extend_${half}_i8x16_u ${local('bytes')})`),
    ...sides.flatMap((quarter, j) => [
      set('quarter', `(i32x4.extend_${quarter}_i16x8_u ${local('half')})`),
      `(v128.store offset=${64 * i + 32 * j} ${local('to')} ${convert(local('quarter'))})`,
      `(v128.store offset=${64 * i + 32 * j + 16} ${local('to')} ${convert(high(local('quarter')))})`,
    ]),
  ])
  const interleaved = range(8).flatMap((i) => [i, 16 + i])
  return [set('bytes', pick(1, interleaved, ...bytes)), ...quarters].join('\n')
}

/** Rounds, clamps and stores one pixel of each of two rows. */
const storePixel = (channels) => {
  const [red, green, blue] = range(channels).map((c) => local(`s${c}`))
  const rounded = range(channels).map((c) => set(`s${c}`, round(`s${c}`)))
  if (channels === 1) {
    return `${rounded.join(' ')} ${clamp('bytes', red, red)}
      (v128.store8_lane 0 ${local('outA')} ${local('bytes')}) (v128.store8_lane 2 ${local('outB')} ${local('bytes')})`
  }
  // Four bytes are stored: the fourth is overwritten by the next pixel, or lies in the padding.
  const first = pick(8, [0, 2], pick(4, [0, 4, 1, 5], red, green), blue)
  const second = pick(8, [0, 3], pick(4, [2, 6, 3, 7], red, green), blue)
  return `${rounded.join(' ')} ${clamp('bytes', first, second)}
    (v128.store32_lane 0 ${local('outA')} ${local('bytes')}) (v128.store32_lane 1 ${local('outB')} ${local('bytes')})`
}

/**
 * narrowC(source, numRows, sourcePitch, wide, spans, weights, width, out, outPitch): rows of C channels to `width` pixels each, two
 * rows at a time in the lanes of a vector (a last single row fills both).
 * `spans` holds first pixel and number of weights of each target pixel; `wide` is room for two rows of float64, eight more values each.
 */
const narrow = (channels) => {
  const stride = 16 * channels
  const sums = range(channels).map((c) => `s${c}`)
  return `(func (export "narrow${channels}") ${params('source', 'numRows', 'sourcePitch', 'wide', 'spans', 'weights', 'width', 'out', 'outPitch')}
    ${locals('i32', ['y', 'at', 'to', 'span', 'lastSpan', 'end', 'from', 'weight', 'inA', 'inB', 'outA', 'outB'])}
    ${locals('v128', ['bytes', 'half', 'quarter', 'w', ...sums])}
    ${set('lastSpan', add(local('spans'), mul(local('width'), number(8))))}
    ${repeat(
      'rows',
      `
      ${set('inA', add(local('source'), mul(local('y'), local('sourcePitch'))))} ${set('inB', local('inA'))}
      ${set('outA', add(local('out'), mul(local('y'), local('outPitch'))))} ${set('outB', local('outA'))}
      (if (i32.lt_u ${add(local('y'), number(1))} ${local('numRows')})
        (then ${advance('inB', local('sourcePitch'))} ${advance('outB', local('outPitch'))}))
      ${set('at', number(0))} ${set('to', local('wide'))}
      ${repeat('widen', `${widen()} ${advance('at', 8)} ${advance('to', 128)}`, below('at', 'sourcePitch'))}
      ${set('span', local('spans'))} ${set('weight', local('weights'))}
      ${repeat(
        'pixels',
        `
        ${set('from', add(local('wide'), mul(`(i32.load ${local('span')})`, number(stride))))}
        ${set('end', add(local('weight'), mul(`(i32.load offset=4 ${local('span')})`, number(8))))}
        ${sums.map((sum) => set(sum, '(v128.const i64x2 0 0)')).join(' ')}
        ${repeat(
          'taps',
          `
          ${set('w', `(v128.load64_splat ${local('weight')})`)}
          ${sums.map((sum, c) => accumulate(sum, 'w', `(v128.load offset=${16 * c} ${local('from')})`)).join('\n')}
          ${advance('weight', 8)} ${advance('from', stride)}`,
          below('weight', 'end'),
        )}
        ${storePixel(channels)}
        ${advance('outA', channels)} ${advance('outB', channels)} ${advance('span', 8)}`,
        below('span', 'lastSpan'),
      )}
      ${advance('y', 2)}`,
      below('y', 'numRows'),
    )})`
}

/**
 * shorten(source, sourcePitch, spans, weights, height, out, rowLength): target rows from the narrowed ones, eight bytes at a time; up
 * to seven bytes after a row are written, then overwritten by the next.
 */
const shorten = () => {
  const sums = range(4).map((i) => `s${i}`)
  const quarters = [0, 1].map((i) => pick(4, [0, 2, 4, 6], local(`s${2 * i}`), local(`s${2 * i + 1}`)))
  return `(func (export "shorten") ${params('source', 'sourcePitch', 'spans', 'weights', 'height', 'out', 'rowLength')}
    ${locals('i32', ['span', 'lastSpan', 'end', 'first', 'at', 'from', 'weight'])}
    ${locals('v128', ['half', 'quarter', 'w', ...sums])}
    ${set('span', local('spans'))}
    ${set('lastSpan', add(local('spans'), mul(local('height'), number(8))))}
    ${repeat(
      'rows',
      `
      ${set('first', add(local('source'), mul(`(i32.load ${local('span')})`, local('sourcePitch'))))}
      ${set('end', add(local('weights'), mul(`(i32.load offset=4 ${local('span')})`, number(8))))}
      ${set('at', number(0))}
      ${repeat(
        'columns',
        `
        ${set('from', add(local('first'), local('at')))} ${set('weight', local('weights'))}
        ${sums.map((sum) => set(sum, '(v128.const i64x2 0 0)')).join(' ')}
        ${repeat(
          'taps',
          `
          ${set('w', `(v128.load64_splat ${local('weight')})`)}
          ${set('half', `(v128.load8x8_u ${local('from')})`)}
          ${['low', 'high']
            .map(
              (side, i) => `${set('quarter', `(i32x4.extend_${side}_i16x8_u ${local('half')})`)}
              ${accumulate(`s${2 * i}`, 'w', convert(local('quarter')))}
              ${accumulate(`s${2 * i + 1}`, 'w', convert(high(local('quarter'))))}`,
            )
            .join('\n')}
          ${advance('weight', 8)} ${advance('from', local('sourcePitch'))}`,
          below('weight', 'end'),
        )}
        ${sums.map((sum) => set(sum, round(sum))).join(' ')}
        ${clamp('half', ...quarters)}
        (v128.store64_lane 0 ${add(local('out'), local('at'))} ${local('half')})
        ${advance('at', 8)}`,
        below('at', 'rowLength'),
      )}
      ${advance('out', local('rowLength'))} ${set('weights', local('end'))} ${advance('span', 8)}`,
      below('span', 'lastSpan'),
    )})`
}

const text = `(module (memory (export "memory") 1) ${[narrow(1), narrow(3), shorten()].join('\n')})`
const library = await wabt()
const features = { simd: true }
const module = library.parseWat('kernels.wat', text, features)
module.resolveNames()
module.validate(features)
const { buffer } = module.toBinary({})
const lines = Buffer.from(buffer)
  .toString('base64')
  .match(/.{1,112}/g)
  .map((line) => `  '${line}',`)
const source = `// Written by scripts/build-kernels.mjs; do not edit.

/** The WebAssembly module of the two passes of a resize, base64. */
export const resizeKernelsBinary: string = [
${lines.join('\n')}
].join('')
`
if (process.argv.includes('--print')) process.stdout.write(source)
else writeFileSync(new URL('../src/images/resize-kernels-binary.ts', import.meta.url), source)
