// Pieces of WebAssembly text.

/** Reads a local. */
export const local = (name) => `(local.get $${name})`
/** Sets a local. */
export const set = (name, value) => `(local.set $${name} ${value})`
export const i32 = (op, a, b) => `(i32.${op} ${a} ${b})`
export const v = (op, ...args) => `(f64x2.${op} ${args.join(' ')})`
export const f = (op, ...args) => `(f64.${op} ${args.join(' ')})`
export const load2 = (pointer, offset = 0) => `(v128.load offset=${offset} align=8 ${local(pointer)})`
export const constant = (value) => `(v128.const f64x2 ${value} ${value})`

/** Repeats `body` while `counter < end`. */
export const loop = (label, counter, end, step, body) =>
  `(block $${label}End (loop $${label}
    (br_if $${label}End (i32.ge_s ${local(counter)} ${end}))
    ${body}
    ${set(counter, i32('add', local(counter), `(i32.const ${step})`))}
    (br $${label})))`
