// Builds src/kernels/binary.ts from the WebAssembly text below: `node packages/plugin-ensemble/scripts/build-kernels.mjs`.
// SIMD and tight loops for the few places that dominate. Without arguments it writes the file; `--print` prints it (a test compares).
import { writeFileSync } from 'node:fs'
import wabt from 'wabt'

const local = (name) => `(local.get $${name})`
const set = (name, value) => `(local.set $${name} ${value})`
const i32 = (op, a, b) => `(i32.${op} ${a} ${b})`
const v = (op, ...args) => `(f64x2.${op} ${args.join(' ')})`
const f = (op, ...args) => `(f64.${op} ${args.join(' ')})`
const load2 = (pointer, offset = 0) => `(v128.load offset=${offset} align=8 ${local(pointer)})`
const constant = (value) => `(v128.const f64x2 ${value} ${value})`

/** Repeats `body` while `counter < end`. */
const loop = (label, counter, end, step, body) =>
  `(block $${label}End (loop $${label}
    (br_if $${label}End (i32.ge_s ${local(counter)} ${end}))
    ${body}
    ${set(counter, i32('add', local(counter), `(i32.const ${step})`))}
    (br $${label})))`

const tileRows = 2
const tileColumns = 4

/**
 * products(a, b, out, m, n, d, from, to): out[i, j] += Σ_{from ≤ k < to} a[i, k] · b[j, k] for i < m, j < n, in tiles of 2 × 4
 * with two lanes along k. Requires m even, n a multiple of 4, `to − from` even (the caller pads).
 */
function products() {
  const cells = []
  for (let r = 0; r < tileRows; r++) for (let c = 0; c < tileColumns; c++) cells.push([r, c])
  const accumulate = cells
    .map(([r, c]) => set(`s${r}${c}`, v('add', local(`s${r}${c}`), v('mul', local(`x${r}`), local(`y${c}`)))))
    .join('\n')
  const store = cells
    .map(([r, c]) => {
      const target = i32(
        'add',
        local('target'),
        i32('shl', i32('add', i32('mul', `(i32.const ${r})`, local('n')), `(i32.const ${c})`), '(i32.const 3)'),
      )
      const sum = f(
        'add',
        `(f64x2.extract_lane 0 ${local(`s${r}${c}`)})`,
        `(f64x2.extract_lane 1 ${local(`s${r}${c}`)})`,
      )
      return `(f64.store ${target} ${f('add', `(f64.load ${target})`, sum)})`
    })
    .join('\n')
  const pointers = [
    ...[0, 1].map((r) =>
      set(
        `p${r}`,
        i32(
          'add',
          local('a'),
          i32(
            'shl',
            i32('add', i32('mul', i32('add', local('i'), `(i32.const ${r})`), local('d')), local('from')),
            '(i32.const 3)',
          ),
        ),
      ),
    ),
    ...[0, 1, 2, 3].map((c) =>
      set(
        `q${c}`,
        i32(
          'add',
          local('b'),
          i32(
            'shl',
            i32('add', i32('mul', i32('add', local('j'), `(i32.const ${c})`), local('d')), local('from')),
            '(i32.const 3)',
          ),
        ),
      ),
    ),
  ].join('\n')
  const advance = ['p0', 'p1', 'q0', 'q1', 'q2', 'q3']
    .map((p) => set(p, i32('add', local(p), '(i32.const 16)')))
    .join('\n')
  const inner = `
    ${set('x0', load2('p0'))} ${set('x1', load2('p1'))}
    ${[0, 1, 2, 3].map((c) => set(`y${c}`, load2(`q${c}`))).join('\n')}
    ${accumulate}
    ${advance}`
  return `(func (export "products") (param $a i32) (param $b i32) (param $out i32) (param $m i32) (param $n i32) (param $d i32) (param $from i32) (param $to i32) (param $lower i32)
    (local $i i32) (local $j i32) (local $k i32) (local $target i32)
    ${['p0', 'p1', 'q0', 'q1', 'q2', 'q3'].map((p) => `(local $${p} i32)`).join(' ')}
    ${['x0', 'x1', 'y0', 'y1', 'y2', 'y3', ...cells.map(([r, c]) => `s${r}${c}`)].map((p) => `(local $${p} v128)`).join(' ')}
    ${loop(
      'columns',
      'j',
      local('n'),
      tileColumns,
      `
      ${set('i', `(select (i32.and ${local('j')} (i32.const -2)) (i32.const 0) ${local('lower')})`)}
      ${loop(
        'rows',
        'i',
        local('m'),
        tileRows,
        `
        ${pointers}
        ${cells.map(([r, c]) => set(`s${r}${c}`, constant(0))).join('\n')}
        ${set('k', local('from'))}
        ${loop('inner', 'k', local('to'), 2, inner)}
        ${set('target', i32('add', local('out'), i32('shl', i32('add', i32('mul', local('i'), local('n')), local('j')), '(i32.const 3)')))}
        ${store}`,
      )}`,
    )})`
}

/** 1/k! for the exponential's Taylor polynomial. */
const factorials = Array.from({ length: 14 }, (_, k) =>
  Array.from({ length: k }, (__, i) => i + 1).reduce((a, b) => a * b, 1),
)

/**
 * tanhSum(x, count): replaces count (even) values by their tanh and returns Σ (1 − tanh²).
 * tanh |x| = 1 − 2 / (exp(2 |x|) + 1), with exp by 2ⁿ times a polynomial of degree 13 on ±ln 2 / 2: absolute error below 4e-16.
 */
function tanhSum() {
  let polynomial = constant(1 / factorials[13])
  for (let k = 12; k >= 0; k--) polynomial = v('add', v('mul', polynomial, local('r')), constant(1 / factorials[k]))
  return `(func (export "tanhSum") (param $x i32) (param $count i32) (result f64)
    (local $i i32) (local $value v128) (local $y v128) (local $n v128) (local $r v128) (local $t v128) (local $sum v128) (local $e v128)
    ${loop(
      'each',
      'i',
      local('count'),
      2,
      `
      ${set('value', load2('x'))}
      ${set('y', v('min', v('mul', v('abs', local('value')), constant(2)), constant(40)))}
      ${set('n', v('nearest', v('mul', local('y'), constant(Math.LOG2E))))}
      ${set('r', v('sub', v('sub', local('y'), v('mul', local('n'), constant('0x1.62e42fee00000p-1'))), v('mul', local('n'), constant('0x1.a39ef35793c76p-33'))))}
      ${set('e', polynomial)}
      ${set('n', `(i64x2.shl (i64x2.add (i64x2.extend_low_i32x4_s (i32x4.trunc_sat_f64x2_s_zero ${local('n')})) (v128.const i64x2 1023 1023)) (i32.const 52))`)}
      ${set('e', v('mul', local('e'), local('n')))}
      ${set('t', v('sub', constant(1), v('div', constant(2), v('add', local('e'), constant(1)))))}
      ${set('sum', v('add', local('sum'), v('sub', constant(1), v('mul', local('t'), local('t')))))}
      (v128.store align=8 ${local('x')} (v128.bitselect ${local('value')} ${local('t')} (v128.const i64x2 0x8000000000000000 0x8000000000000000)))
      ${set('x', i32('add', local('x'), '(i32.const 16)'))}`,
    )}
    ${f('add', `(f64x2.extract_lane 0 ${local('sum')})`, `(f64x2.extract_lane 1 ${local('sum')})`)})`
}

/** Loads and stores of row numbers of 2 or 4 bytes. */
const rowAccess = {
  16: { bytes: 2, load: 'i32.load16_u', store: 'i32.store16' },
  32: { bytes: 4, load: 'i32.load', store: 'i32.store' },
}

/** Address of entry `index` of column j in a block of rows of `bytes` each. */
const entry = (block, index, bytes) =>
  i32('add', local(block), i32('mul', i32('add', i32('mul', local('j'), local('n')), index), `(i32.const ${bytes})`))

/**
 * bestCut(list, values, pairs, result, n, d, start, end, sumG, sumH, nodeGain, lambda, minChildWeight, leastGain): the feature of the
 * best cut of rows [start, end), or −1. result receives the value below the cut, the value above it, and the gain, float32.
 * `list` holds row numbers sorted by column; `pairs` gradient and hessian of each row, float32; sums are float64.
 */
function bestCut(bits) {
  const { bytes, load } = rowAccess[bits]
  const valueOf = (row) => `(f32.load ${i32('add', local('column'), i32('shl', row, '(i32.const 2)'))})`
  const square = (x) => f('mul', local(x), local(x))
  const floor = set(
    'floor',
    f(
      'mul',
      f('add', `(f64.promote_f32 ${local('best')})`, `(f64.promote_f32 ${local('nodeGain')})`),
      '(f64.const 0.999999)',
    ),
  )
  return `(func (export "bestCut${bits}") (param $list i32) (param $values i32) (param $pairs i32) (param $result i32) (param $n i32) (param $d i32)
    (param $start i32) (param $end i32) (param $sumG f64) (param $sumH f64) (param $nodeGain f32) (param $lambda f64) (param $least f64) (param $best f32) (result i32)
    (local $j i32) (local $at i32) (local $first i32) (local $column i32) (local $pair i32) (local $feature i32)
    (local $g f64) (local $h f64) (local $gl f64) (local $hl f64) (local $a f64) (local $b f64) (local $floor f64)
    (local $value f32) (local $above f32) (local $gain f32)
    ${set('feature', '(i32.const -1)')}
    ${floor}
    ${loop(
      'columns',
      'j',
      local('d'),
      1,
      `
      ${set('g', '(f64.const 0)')} ${set('h', '(f64.const 0)')}
      ${set('at', entry('list', i32('sub', local('end'), '(i32.const 1)'), bytes))}
      ${set('first', entry('list', local('start'), bytes))}
      ${set('column', entry('values', '(i32.const 0)', 4))}
      (block $done (loop $scan
        (br_if $done ${i32('le_u', local('at'), local('first'))})
        ${set('pair', i32('add', local('pairs'), i32('shl', `(${load} ${local('at')})`, '(i32.const 3)')))}
        ${set('g', f('add', local('g'), `(f64.promote_f32 (f32.load ${local('pair')}))`))}
        ${set('h', f('add', local('h'), `(f64.promote_f32 (f32.load offset=4 ${local('pair')}))`))}
        (block $next
          (br_if $next ${f('lt', local('h'), local('least'))})
          ${set('hl', f('sub', local('sumH'), local('h')))}
          (br_if $done ${f('lt', local('hl'), local('least'))})
          ${set('gl', f('sub', local('sumG'), local('g')))}
          ${set('a', f('add', local('hl'), local('lambda')))}
          ${set('b', f('add', local('h'), local('lambda')))}
          (br_if $next ${f('le', f('add', f('mul', square('gl'), local('b')), f('mul', square('g'), local('a'))), f('mul', f('mul', local('floor'), local('a')), local('b')))})
          ${set('value', valueOf(`(${load} ${i32('sub', local('at'), `(i32.const ${bytes})`)})`))}
          ${set('above', valueOf(`(${load} ${local('at')})`))}
          (br_if $next (f32.eq ${local('value')} ${local('above')}))
          ${set('gain', `(f32.sub (f32.add (f32.demote_f64 ${f('div', square('gl'), local('a'))}) (f32.demote_f64 ${f('div', square('g'), local('b'))})) ${local('nodeGain')})`)}
          (br_if $next (f32.le ${local('gain')} ${local('best')}))
          ${set('best', local('gain'))}
          ${set('feature', local('j'))}
          (f32.store ${local('result')} ${local('value')})
          (f32.store offset=4 ${local('result')} ${local('above')})
          ${floor})
        ${set('at', i32('sub', local('at'), `(i32.const ${bytes})`))}
        (br $scan)))`,
    )}
    (f32.store offset=8 ${local('result')} ${local('best')})
    ${local('feature')})`
}

const listParameters = `(param $from i32) (param $order i32) (param $held i32) (param $goesLeft i32) (param $n i32) (param $d i32) (param $start i32) (param $end i32)`

/** divide(from, order, held, goesLeft, n, d, start, end): moves rows that go left before the others, in every column, in order. */
function divide(bits) {
  const { bytes, load, store } = rowAccess[bits]
  return `(func (export "divide${bits}") ${listParameters}
    (local $j i32) (local $source i32) (local $stop i32) (local $left i32) (local $right i32) (local $row i32) (local $step i32)
    ${loop(
      'columns',
      'j',
      local('d'),
      1,
      `
      ${set('source', entry('from', local('start'), bytes))}
      ${set('stop', entry('from', local('end'), bytes))}
      ${set('left', entry('order', local('start'), bytes))}
      ${set('right', local('held'))}
      ${loop(
        'each',
        'source',
        local('stop'),
        bytes,
        `
        ${set('row', `(${load} ${local('source')})`)}
        ${set('step', i32('mul', `(i32.load8_u ${i32('add', local('goesLeft'), local('row'))})`, `(i32.const ${bytes})`))}
        (${store} ${local('left')} ${local('row')})
        (${store} ${local('right')} ${local('row')})
        ${set('left', i32('add', local('left'), local('step')))}
        ${set('right', i32('add', local('right'), i32('sub', `(i32.const ${bytes})`, local('step'))))}`,
      )}
      (memory.copy ${local('left')} ${local('held')} ${i32('sub', local('right'), local('held'))})`,
    )})`
}

/** keep(…, to, side): moves the rows of one side to position `to` of every column's list, in order; the other side is lost. */
function keep(bits) {
  const { bytes, load, store } = rowAccess[bits]
  return `(func (export "keep${bits}") ${listParameters} (param $to i32) (param $side i32)
    (local $j i32) (local $source i32) (local $stop i32) (local $right i32) (local $row i32)
    ${loop(
      'columns',
      'j',
      local('d'),
      1,
      `
      ${set('source', entry('from', local('start'), bytes))}
      ${set('stop', entry('from', local('end'), bytes))}
      ${set('right', local('held'))}
      ${loop(
        'each',
        'source',
        local('stop'),
        bytes,
        `
        ${set('row', `(${load} ${local('source')})`)}
        (${store} ${local('right')} ${local('row')})
        ${set('right', i32('add', local('right'), i32('mul', i32('eq', `(i32.load8_u ${i32('add', local('goesLeft'), local('row'))})`, local('side')), `(i32.const ${bytes})`)))}`,
      )}
      (memory.copy ${entry('order', local('to'), bytes)} ${local('held')} ${i32('sub', local('right'), local('held'))})`,
    )})`
}

/**
 * screenL1 and screenL2(bank, query, out, n, d): out[i] = Σ |bank[i, k] − query[k]| or its squares, all float32, d a multiple of 4.
 * Approximate: for finding out quickly which rows are certainly not near.
 */
function screen(name, term) {
  return `(func (export "screen${name}") (param $bank i32) (param $query i32) (param $out i32) (param $n i32) (param $d i32)
    (local $i i32) (local $k i32) (local $stop i32) (local $q i32) (local $sum v128) (local $difference v128)
    ${loop(
      'rows',
      'i',
      local('n'),
      1,
      `
      ${set('sum', '(v128.const f32x4 0 0 0 0)')}
      ${set('q', local('query'))}
      ${set('stop', i32('add', local('bank'), i32('shl', local('d'), '(i32.const 2)')))}
      ${loop(
        'each',
        'bank',
        local('stop'),
        16,
        `
        ${set('difference', `(f32x4.sub (v128.load align=4 ${local('bank')}) (v128.load align=4 ${local('q')}))`)}
        ${set('sum', `(f32x4.add ${local('sum')} ${term})`)}
        ${set('q', i32('add', local('q'), '(i32.const 16)'))}`,
      )}
      (f32.store ${local('out')} (f32.add
        (f32.add (f32x4.extract_lane 0 ${local('sum')}) (f32x4.extract_lane 1 ${local('sum')}))
        (f32.add (f32x4.extract_lane 2 ${local('sum')}) (f32x4.extract_lane 3 ${local('sum')}))))
      ${set('out', i32('add', local('out'), '(i32.const 4)'))}`,
    )})`
}

const screens = [
  screen('L1', `(f32x4.abs ${local('difference')})`),
  screen('L2', `(f32x4.mul ${local('difference')} ${local('difference')})`),
].join('\n')
const trees = [16, 32].map((bits) => [bestCut(bits), divide(bits), keep(bits)].join('\n')).join('\n')
const text = `(module (import "env" "memory" (memory 0)) ${products()} ${tanhSum()} ${trees} ${screens})`
const library = await wabt()
const module = library.parseWat('kernels.wat', text, { simd: true, bulk_memory: true })
module.resolveNames()
module.validate()
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
