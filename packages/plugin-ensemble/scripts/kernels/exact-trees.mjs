// Cuts and lists of exact trees.
import { cutLocals, cutParameters, gainTest, setFloor, sidesTest } from './cut-tests.mjs'
import { f, i32, local, loop, set } from './wat.mjs'

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
export function bestCut(bits) {
  const { bytes, load } = rowAccess[bits]
  const valueOf = (row) => `(f32.load ${i32('add', local('column'), i32('shl', row, '(i32.const 2)'))})`
  return `(func (export "bestCut${bits}") (param $list i32) (param $values i32) (param $pairs i32) (param $result i32) (param $n i32) (param $d i32)
    (param $start i32) (param $end i32) ${cutParameters} (result i32)
    (local $j i32) (local $at i32) (local $first i32) (local $column i32) (local $pair i32) (local $value f32) (local $above f32)
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
      ${set('at', entry('list', i32('sub', local('end'), '(i32.const 1)'), bytes))}
      ${set('first', entry('list', local('start'), bytes))}
      ${set('column', entry('values', '(i32.const 0)', 4))}
      (block $done (loop $scan
        (br_if $done ${i32('le_u', local('at'), local('first'))})
        ${set('pair', i32('add', local('pairs'), i32('shl', `(${load} ${local('at')})`, '(i32.const 3)')))}
        ${set('g', f('add', local('g'), `(f64.promote_f32 (f32.load ${local('pair')}))`))}
        ${set('h', f('add', local('h'), `(f64.promote_f32 (f32.load offset=4 ${local('pair')}))`))}
        (block $next
          ${sidesTest('next', 'done')}
          ${set('value', valueOf(`(${load} ${i32('sub', local('at'), `(i32.const ${bytes})`)})`))}
          ${set('above', valueOf(`(${load} ${local('at')})`))}
          (br_if $next (f32.eq ${local('value')} ${local('above')}))
          ${gainTest('next', 'j')}
          (f32.store ${local('result')} ${local('value')})
          (f32.store offset=4 ${local('result')} ${local('above')}))
        ${set('at', i32('sub', local('at'), `(i32.const ${bytes})`))}
        (br $scan)))`,
    )}
    (f32.store offset=8 ${local('result')} ${local('best')})
    ${local('feature')})`
}

const listParameters = `(param $from i32) (param $order i32) (param $held i32) (param $goesLeft i32) (param $n i32) (param $d i32) (param $start i32) (param $end i32)`

/** divide(from, order, held, goesLeft, n, d, start, end): moves rows that go left before the others, in every column, in order. */
export function divide(bits) {
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
export function keep(bits) {
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
