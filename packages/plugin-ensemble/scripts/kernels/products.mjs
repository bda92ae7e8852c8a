// Products of matrices, and tanh.
import { constant, f, i32, load2, local, loop, set, v } from './wat.mjs'

const tileRows = 2
const tileColumns = 4

/**
 * $block(a, b, out, m, n, d, from, to, lower, jFrom, jTo): out[i, j] += Σ_{from ≤ k < to} a[i, k] · b[j, k] for i < m,
 * jFrom ≤ j < jTo (with `lower` only tiles that reach i ≥ j), in tiles of 2 × 4 with two lanes along k. Requires m even, n, jFrom and
 * jTo multiples of 4, `to − from` even (the caller pads).
 */
function block() {
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
  // Not unrolled: V8 then runs out of registers, and is slower.
  const inner = `
    ${set('x0', load2('p0'))} ${set('x1', load2('p1'))}
    ${[0, 1, 2, 3].map((c) => set(`y${c}`, load2(`q${c}`))).join('\n')}
    ${accumulate}
    ${advance}`
  return `(func $block (param $a i32) (param $b i32) (param $out i32) (param $m i32) (param $n i32) (param $d i32) (param $from i32) (param $to i32) (param $lower i32) (param $j i32) (param $jTo i32)
    (local $i i32) (local $k i32) (local $target i32)
    ${['p0', 'p1', 'q0', 'q1', 'q2', 'q3'].map((p) => `(local $${p} i32)`).join(' ')}
    ${['x0', 'x1', 'y0', 'y1', 'y2', 'y3', ...cells.map(([r, c]) => `s${r}${c}`)].map((p) => `(local $${p} v128)`).join(' ')}
    ${loop(
      'columns',
      'j',
      local('jTo'),
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
  return `(func $tanhSum (export "tanhSum") (param $x i32) (param $count i32) (result f64)
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

const call = (name, ...args) => `(call $${name} ${args.join(' ')})`
const number = (value) => `(i32.const ${value})`
const bytesOf = (...factors) =>
  i32(
    'shl',
    factors.reduce((a, b) => i32('mul', a, b)),
    number(3),
  )
const smaller = (a, b) => `(select ${a} ${b} ${i32('lt_s', a, b)})`

/** Repeats `body` for panels [from, to) of the inner dimension. */
const panels = (body) =>
  loop(
    'panels',
    'from',
    local('d'),
    512,
    `${set('to', smaller(local('d'), i32('add', local('from'), number(512))))} ${body}`,
  )

/** gramPart(part, a, out, m, d, size): `size` columns of a · aᵀ, down to the diagonal at least. */
const gramPart =
  () => `(func (export "gramPart") (param $part i32) (param $a i32) (param $out i32) (param $m i32) (param $d i32) (param $size i32)
  (local $from i32) (local $to i32) (local $first i32) (local $last i32)
  ${set('first', i32('mul', local('part'), local('size')))}
  ${set('last', smaller(local('m'), i32('add', local('first'), local('size'))))}
  ${panels(call('block', local('a'), local('a'), local('out'), local('m'), local('m'), local('d'), local('from'), local('to'), number(1), local('first'), local('last')))})`

/** productsPart(part, a, b, out, m, n, d, size): `size` rows of a · bᵀ. */
const productsPart =
  () => `(func (export "productsPart") (param $part i32) (param $a i32) (param $b i32) (param $out i32) (param $m i32) (param $n i32) (param $d i32) (param $size i32)
  (local $from i32) (local $to i32) (local $first i32)
  ${set('first', i32('mul', local('part'), local('size')))}
  ${set('m', smaller(local('size'), i32('sub', local('m'), local('first'))))}
  ${set('a', i32('add', local('a'), bytesOf(local('first'), local('d'))))}
  ${set('out', i32('add', local('out'), bytesOf(local('first'), local('n'))))}
  ${panels(call('block', local('a'), local('b'), local('out'), local('m'), local('n'), local('d'), local('from'), local('to'), number(0), number(0), local('n')))})`

/**
 * icaPart(part, w, rows, columns, sources, products, slopes, width, length, size): one panel of `size` samples of a FastICA step.
 * `rows` are the white rows, `columns` their transpose panel by panel; each part writes its own sources, products and slopes.
 */
const icaPart =
  () => `(func (export "icaPart") (param $part i32) (param $w i32) (param $rows i32) (param $columns i32) (param $sources i32) (param $products i32) (param $slopes i32) (param $width i32) (param $length i32) (param $size i32)
  (local $skip i32) (local $count i32) (local $i i32)
  ${set('count', smaller(local('size'), i32('sub', local('length'), i32('mul', local('part'), local('size')))))}
  ${set('skip', bytesOf(local('part'), local('size'), local('width')))}
  ${set('sources', i32('add', local('sources'), local('skip')))}
  ${set('products', i32('add', local('products'), bytesOf(local('part'), local('width'), local('width'))))}
  ${set('slopes', i32('add', local('slopes'), bytesOf(local('part'), local('width'))))}
  (memory.fill ${local('sources')} ${number(0)} ${bytesOf(local('count'), local('width'))})
  (memory.fill ${local('products')} ${number(0)} ${bytesOf(local('width'), local('width'))})
  ${call('block', local('w'), i32('add', local('rows'), local('skip')), local('sources'), local('width'), local('count'), local('width'), number(0), local('width'), number(0), number(0), local('count'))}
  ${loop(
    'rows',
    'i',
    local('width'),
    1,
    `(f64.store ${i32('add', local('slopes'), bytesOf(local('i')))} ${call('tanhSum', i32('add', local('sources'), bytesOf(local('i'), local('count'))), local('count'))})`,
  )}
  ${call('block', local('sources'), i32('add', local('columns'), local('skip')), local('products'), local('width'), local('width'), local('count'), number(0), local('count'), number(0), number(0), local('width'))})`

/** All of the above. */
export const products = () => [block(), tanhSum(), gramPart(), productsPart(), icaPart()].join('\n')
