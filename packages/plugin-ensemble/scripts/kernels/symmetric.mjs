// The two loops of Householder's reduction, over the lower triangle of a symmetric matrix by rows.
import { f, i32, load2, local, loop, set, v } from './wat.mjs'

const number = (value) => `(i32.const ${value})`
const advance = (...pointers) => pointers.map((p) => set(p, i32('add', local(p), number(16)))).join('\n')
const entry = (block, index) => i32('add', local(block), i32('shl', index, number(3)))
const lanes = (name) => `(f64x2.splat ${local(name)})`
const isOdd = (count) => i32('and', count, number(1))

/** Walks row i in pairs up to `count` entries; `single` is for the last one where the count is odd. */
const alongRow = (count, pair, single, pointers) => `
  ${set('row', i32('add', local('a'), i32('shl', i32('mul', local('i'), local('d')), number(3))))}
  ${set('stop', i32('add', local('row'), i32('shl', i32('and', count, number(-2)), number(3))))}
  (block $end (loop $pairs
    (br_if $end (i32.ge_u ${local('row')} ${local('stop')}))
    ${pair}
    ${advance('row', ...pointers)}
    (br $pairs)))
  (if ${isOdd(count)} (then ${single}))`

/** lowerTimes(a, d, k, x, p): p = A x for the leading k × k block. */
export const lowerTimes =
  () => `(func (export "lowerTimes") (param $a i32) (param $d i32) (param $k i32) (param $x i32) (param $p i32)
  (local $i i32) (local $row i32) (local $stop i32) (local $q i32) (local $t i32) (local $xi f64) (local $sum v128) (local $rest f64) (local $value v128)
  (memory.fill ${local('p')} ${number(0)} ${i32('shl', local('k'), number(3))})
  ${loop(
    'rows',
    'i',
    local('k'),
    1,
    `
    ${set('xi', `(f64.load ${entry('x', local('i'))})`)}
    ${set('sum', '(v128.const i64x2 0 0)')} ${set('rest', '(f64.const 0)')}
    ${set('q', local('x'))} ${set('t', local('p'))}
    ${alongRow(
      local('i'),
      `${set('value', load2('row'))}
       ${set('sum', v('add', local('sum'), v('mul', local('value'), load2('q'))))}
       (v128.store align=8 ${local('t')} ${v('add', load2('t'), v('mul', local('value'), lanes('xi')))})`,
      `${set('rest', f('mul', `(f64.load ${local('row')})`, `(f64.load ${local('q')})`))}
       (f64.store ${local('t')} ${f('add', `(f64.load ${local('t')})`, f('mul', `(f64.load ${local('row')})`, local('xi')))})
       ${set('row', i32('add', local('row'), number(8)))}`,
      ['q', 't'],
    )}
    ${set('rest', f('add', local('rest'), f('add', `(f64x2.extract_lane 0 ${local('sum')})`, `(f64x2.extract_lane 1 ${local('sum')})`)))}
    ${set('rest', f('add', local('rest'), f('mul', `(f64.load ${local('row')})`, local('xi'))))}
    (f64.store ${entry('p', local('i'))} ${f('add', `(f64.load ${entry('p', local('i'))})`, local('rest'))})`,
  )})`

/** rankTwo(a, d, k, x, p): takes x pᵀ + p xᵀ off the leading k × k block. */
export const rankTwo =
  () => `(func (export "rankTwo") (param $a i32) (param $d i32) (param $k i32) (param $x i32) (param $p i32)
  (local $i i32) (local $row i32) (local $stop i32) (local $q i32) (local $t i32) (local $xi f64) (local $pi f64)
  ${loop(
    'rows',
    'i',
    local('k'),
    1,
    `
    ${set('xi', `(f64.load ${entry('x', local('i'))})`)}
    ${set('pi', `(f64.load ${entry('p', local('i'))})`)}
    ${set('q', local('x'))} ${set('t', local('p'))}
    ${alongRow(
      i32('add', local('i'), number(1)),
      `(v128.store align=8 ${local('row')} ${v('sub', load2('row'), v('add', v('mul', lanes('xi'), load2('t')), v('mul', lanes('pi'), load2('q'))))})`,
      `(f64.store ${local('row')} ${f('sub', `(f64.load ${local('row')})`, f('add', f('mul', local('xi'), `(f64.load ${local('t')})`), f('mul', local('pi'), `(f64.load ${local('q')})`)))})`,
      ['q', 't'],
    )}`,
  )})`
