// Histograms of gradients over binned columns. A histogram has `stride` bins a column, each two float64 numbers: gradient, hessian.
import { cutLocals, cutParameters, gainTest, setFloor, sidesTest } from './cut-tests.mjs'
import { pairOf } from './tree-rows.mjs'
import { f, i32, local, loop, set } from './wat.mjs'

/** Loads of bins of one or two bytes, and the logarithm of that size. */
const binAccess = { 8: { shift: 0, load: 'i32.load8_u' }, 16: { shift: 1, load: 'i32.load16_u' } }

/** Bin of `row` in the column that starts at `column`. */
export const binOf = (bits) =>
  `(${binAccess[bits].load} ${i32('add', local('column'), i32('shl', local('row'), `(i32.const ${binAccess[bits].shift})`))})`

const rowAt = (index) => i32('add', local('rows'), i32('shl', index, '(i32.const 2)'))
const nextColumn = (bits) =>
  set('column', i32('add', local('column'), i32('shl', local('n'), `(i32.const ${binAccess[bits].shift})`)))

/** addRows and removeRows(histogram, column, rows, pairs, n, d, stride, start, end): counts rows [start, end) in, or out. */
export function countRows(name, op, bits) {
  return `(func (export "${name}${bits}") (param $histogram i32) (param $column i32) (param $rows i32) (param $pairs i32) (param $n i32) (param $d i32) (param $stride i32) (param $start i32) (param $end i32)
    (local $j i32) (local $r i32) (local $stop i32) (local $row i32) (local $at i32)
    ${set('stop', rowAt(local('end')))}
    ${loop(
      'columns',
      'j',
      local('d'),
      1,
      `
      ${set('r', rowAt(local('start')))}
      ${loop(
        'each',
        'r',
        local('stop'),
        4,
        `
        ${set('row', `(i32.load ${local('r')})`)}
        ${set('at', i32('add', local('histogram'), i32('shl', binOf(bits), '(i32.const 4)')))}
        (v128.store align=8 ${local('at')} (f64x2.${op} (v128.load align=8 ${local('at')}) ${pairOf(local('row'))}))`,
      )}
      ${set('histogram', i32('add', local('histogram'), i32('shl', local('stride'), '(i32.const 4)')))}
      ${nextColumn(bits)}`,
    )})`
}

/** subtract(a, b, bytes): takes b off a, two float64 numbers at a time. */
export function subtract() {
  return `(func (export "subtract") (param $a i32) (param $b i32) (param $bytes i32)
    (local $stop i32)
    ${set('stop', i32('add', local('a'), local('bytes')))}
    ${loop(
      'each',
      'a',
      local('stop'),
      16,
      `
      (v128.store align=8 ${local('a')} (f64x2.sub (v128.load align=8 ${local('a')}) (v128.load align=8 ${local('b')})))
      ${set('b', i32('add', local('b'), '(i32.const 16)'))}`,
    )})`
}

/** clear(at, bytes). */
export const clear = () =>
  `(func (export "clear") (param $at i32) (param $bytes i32) (memory.fill ${local('at')} (i32.const 0) ${local('bytes')}))`

const addTo = (sum, lane, at) =>
  set(sum, f('add', local(sum), `(f64.load ${lane === 0 ? '' : 'offset=8 '}${local(at)})`))

/**
 * histogramCut(histogram, numBins, result, d, stride, …): the column of the best cut between two bins, or −1. `numBins` are the bins
 * of each column (i32). result receives the first bin to the right of the cut and, float32, the gain. g and h are sums of the left.
 */
export function histogramCut() {
  return `(func (export "histogramCut") (param $histogram i32) (param $numBins i32) (param $result i32) (param $d i32) (param $stride i32)
    ${cutParameters} (result i32)
    (local $j i32) (local $at i32) (local $last i32)
    ${cutLocals}
    ${set('feature', '(i32.const -1)')}
    ${setFloor}
    ${loop(
      'columns',
      'j',
      local('d'),
      1,
      `
      ${set('g', '(f64.const 0)')} ${set('h', '(f64.const 0)')}
      ${set('at', local('histogram'))}
      ${set('last', i32('add', local('histogram'), i32('shl', i32('sub', `(i32.load ${local('numBins')})`, '(i32.const 1)'), '(i32.const 4)')))}
      (block $done (loop $scan
        (br_if $done ${i32('ge_u', local('at'), local('last'))})
        ${addTo('g', 0, 'at')}
        ${addTo('h', 1, 'at')}
        ${set('at', i32('add', local('at'), '(i32.const 16)'))}
        (block $next
          ${sidesTest('next', 'done')}
          ${gainTest('next', 'j')}
          (i32.store ${local('result')} (i32.shr_u ${i32('sub', local('at'), local('histogram'))} (i32.const 4))))
        (br $scan)))
      ${set('numBins', i32('add', local('numBins'), '(i32.const 4)'))}
      ${set('histogram', i32('add', local('histogram'), i32('shl', local('stride'), '(i32.const 4)')))}`,
    )}
    (f32.store offset=4 ${local('result')} ${local('best')})
    ${local('feature')})`
}

/**
 * rowsCut(column, rows, pairs, scratch, flags, result, n, d, flagBytes, start, end, …): {@link histogramCut} of a few rows, looking only
 * at bins that have some. `scratch` is one column's histogram and `flags` a byte for each of its bins (a multiple of 8); both are zero
 * before and after.
 */
export function rowsCut(bits) {
  return `(func (export "rowsCut${bits}") (param $column i32) (param $rows i32) (param $pairs i32) (param $scratch i32) (param $flags i32) (param $result i32) (param $n i32) (param $d i32) (param $flagBytes i32) (param $start i32) (param $end i32)
    ${cutParameters} (result i32)
    (local $j i32) (local $r i32) (local $stop i32) (local $row i32) (local $bin i32) (local $at i32) (local $word i32) (local $stopWord i32) (local $set i64) (local $below i32) (local $isDone i32)
    ${cutLocals}
    ${set('feature', '(i32.const -1)')}
    ${setFloor}
    ${set('stop', rowAt(local('end')))}
    ${loop(
      'columns',
      'j',
      local('d'),
      1,
      `
      ${set('r', rowAt(local('start')))}
      ${loop(
        'each',
        'r',
        local('stop'),
        4,
        `
        ${set('row', `(i32.load ${local('r')})`)}
        ${set('bin', binOf(bits))}
        ${set('at', i32('add', local('scratch'), i32('shl', local('bin'), '(i32.const 4)')))}
        (v128.store align=8 ${local('at')} (f64x2.add (v128.load align=8 ${local('at')}) ${pairOf(local('row'))}))
        (i32.store8 ${i32('add', local('flags'), local('bin'))} (i32.const 1))`,
      )}
      ${nextColumn(bits)}
      ${set('g', '(f64.const 0)')} ${set('h', '(f64.const 0)')}
      ${set('below', '(i32.const -1)')}
      ${set('isDone', '(i32.const 0)')}
      ${set('word', i32('sub', local('flags'), '(i32.const 8)'))}
      ${set('stopWord', i32('sub', i32('add', local('flags'), local('flagBytes')), '(i32.const 8)'))}
      (block $allWords (loop $words
        (br_if $allWords ${i32('ge_s', local('word'), local('stopWord'))})
        ${set('word', i32('add', local('word'), '(i32.const 8)'))}
        ${set('set', `(i64.load ${local('word')})`)}
        (br_if $words (i64.eqz ${local('set')}))
        (i64.store ${local('word')} (i64.const 0))
        (loop $flagged
          ${set('bin', `(i32.wrap_i64 (i64.shr_u (i64.ctz ${local('set')}) (i64.const 3)))`)}
          ${set('set', `(i64.and ${local('set')} (i64.sub ${local('set')} (i64.const 1)))`)}
          ${set('bin', i32('add', local('bin'), i32('sub', local('word'), local('flags'))))}
          ${set('at', i32('add', local('scratch'), i32('shl', local('bin'), '(i32.const 4)')))}
          (block $next
            (br_if $next ${i32('or', local('isDone'), i32('lt_s', local('below'), '(i32.const 0)'))})
            (block $light
              ${sidesTest('next', 'light')}
              ${gainTest('next', 'j')}
              (i32.store ${local('result')} ${i32('add', local('below'), '(i32.const 1)')})
              (br $next))
            ${set('isDone', '(i32.const 1)')})
          ${addTo('g', 0, 'at')}
          ${addTo('h', 1, 'at')}
          (v128.store align=8 ${local('at')} (v128.const i64x2 0 0))
          ${set('below', local('bin'))}
          (br_if $flagged (i64.ne ${local('set')} (i64.const 0))))
        (br $words)))`,
    )}
    (f32.store offset=4 ${local('result')} ${local('best')})
    ${local('feature')})`
}
