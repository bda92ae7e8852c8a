/** IEEE 754 half-precision numbers widened to float32. */
export function widenFloat16(bits: Uint16Array): Float32Array {
  return Float32Array.from(bits, (half) => {
    const sign = half & 0x8000 ? -1 : 1
    const exponent = (half >> 10) & 0x1f
    const fraction = half & 0x3ff
    if (exponent === 0) return sign * fraction * 2 ** -24
    if (exponent === 31) return fraction ? NaN : sign * Infinity
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
  })
}

/** bfloat16 numbers widened to float32. */
export function widenBfloat16(bits: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(bits, (value) => value << 16).buffer)
}

/** A copy of bytes as elements of 2, 4 or 8 bytes, whatever the alignment; little-endian. */
export function alignedCopy(bytes: Uint8Array): ArrayBuffer {
  // The constructor copies into a buffer of its own; a Buffer's slice() would be a view.
  return new Uint8Array(bytes).buffer
}
