// The rows of a node of a growing tree.
import { i32, local, loop, set } from './wat.mjs'

const address = (block, index) => i32('add', local(block), i32('shl', index, '(i32.const 2)'))

/** Gradient and hessian of a row as two float64 lanes. */
export const pairOf = (row) =>
  `(f64x2.promote_low_f32x4 (v128.load64_zero align=4 ${i32('add', local('pairs'), i32('shl', row, '(i32.const 3)'))}))`

/** sumRows(rows, pairs, result, start, end): stores the float64 sums of gradients and hessians of rows [start, end). */
export function sumRows() {
  return `(func (export "sumRows") (param $rows i32) (param $pairs i32) (param $result i32) (param $start i32) (param $end i32)
    (local $at i32) (local $stop i32) (local $sum v128)
    ${set('at', address('rows', local('start')))}
    ${set('stop', address('rows', local('end')))}
    ${loop('each', 'at', local('stop'), 4, set('sum', `(f64x2.add ${local('sum')} ${pairOf(`(i32.load ${local('at')})`)})`))}
    (v128.store align=8 ${local('result')} ${local('sum')}))`
}

/**
 * divideRows<name>(rows, held, goesLeft, column, start, end, limit): moves the rows whose entry of the column is below the limit
 * before the others, in order, and marks them; returns where the others start.
 */
export function divideRows(name, limitType, isBelow) {
  return `(func (export "divideRows${name}") (param $rows i32) (param $held i32) (param $goesLeft i32) (param $column i32) (param $start i32) (param $end i32) (param $limit ${limitType}) (result i32)
    (local $at i32) (local $stop i32) (local $left i32) (local $right i32) (local $row i32) (local $side i32)
    ${set('at', address('rows', local('start')))}
    ${set('left', local('at'))}
    ${set('right', local('held'))}
    ${set('stop', address('rows', local('end')))}
    ${loop(
      'each',
      'at',
      local('stop'),
      4,
      `
      ${set('row', `(i32.load ${local('at')})`)}
      ${set('side', isBelow)}
      (i32.store8 ${i32('add', local('goesLeft'), local('row'))} ${local('side')})
      (i32.store ${local('left')} ${local('row')})
      (i32.store ${local('right')} ${local('row')})
      ${set('left', i32('add', local('left'), i32('shl', local('side'), '(i32.const 2)')))}
      ${set('right', i32('sub', i32('add', local('right'), '(i32.const 4)'), i32('shl', local('side'), '(i32.const 2)')))}`,
    )}
    (memory.copy ${local('left')} ${local('held')} ${i32('sub', local('right'), local('held'))})
    (i32.shr_u ${i32('sub', local('left'), local('rows'))} (i32.const 2)))`
}
