// What every search for a cut computes from the sums g, h of the rows on the side it has come from.
import { f, local, set } from './wat.mjs'

const square = (x) => f('mul', local(x), local(x))

/** Parameters and locals that the pieces below use. */
export const cutParameters =
  '(param $sumG f64) (param $sumH f64) (param $nodeGain f32) (param $lambda f64) (param $least f64) (param $best f32)'
export const cutLocals = `(local $feature i32) (local $g f64) (local $h f64) (local $gOther f64) (local $hOther f64)
    (local $a f64) (local $b f64) (local $floor f64) (local $gain f32)`

/** Just below what a cut must reach, so that one comparison without a division turns most of them down. */
export const setFloor = set(
  'floor',
  f(
    'mul',
    f('add', `(f64.promote_f32 ${local('best')})`, `(f64.promote_f32 ${local('nodeGain')})`),
    '(f64.const 0.999999)',
  ),
)

/** Leaves for `next` when this side is too light or the cut cannot be the best, for `done` when the other side is too light. */
export const sidesTest = (next, done) => `
  (br_if $${next} ${f('lt', local('h'), local('least'))})
  ${set('hOther', f('sub', local('sumH'), local('h')))}
  (br_if $${done} ${f('lt', local('hOther'), local('least'))})
  ${set('gOther', f('sub', local('sumG'), local('g')))}
  ${set('a', f('add', local('hOther'), local('lambda')))}
  ${set('b', f('add', local('h'), local('lambda')))}
  (br_if $${next} ${f('le', f('add', f('mul', square('gOther'), local('b')), f('mul', square('g'), local('a'))), f('mul', f('mul', local('floor'), local('a')), local('b')))})`

/** Leaves for `next` unless the cut is better than the best, which it then becomes, of column `column`. */
export const gainTest = (next, column) => `
  ${set('gain', `(f32.sub (f32.add (f32.demote_f64 ${f('div', square('gOther'), local('a'))}) (f32.demote_f64 ${f('div', square('g'), local('b'))})) ${local('nodeGain')})`)}
  (br_if $${next} (f32.le ${local('gain')} ${local('best')}))
  ${set('best', local('gain'))}
  ${set('feature', local(column))}
  ${setFloor}`
