// Distances of many rows at once.
import { i32, local, loop, set } from './wat.mjs'

/**
 * screenL1 and screenL2(bank, query, out, n, d): out[i] = Σ |bank[i, k] − query[k]| or its squares, all float32, d a multiple of 4.
 * Approximate: for finding out quickly which rows are certainly not near.
 */
export function screen(name, term) {
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
