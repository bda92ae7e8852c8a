/** Addresses of blocks of the given sizes in bytes, one after the other, each at a multiple of 16. */
export function blocks<K extends string>(
  sizes: Readonly<Record<K, number>>,
): { at: Readonly<Record<K, number>>; total: number } {
  let total = 0
  const at: Record<string, number> = {}
  for (const [name, size] of Object.entries<number>(sizes)) {
    at[name] = total
    total += 16 * Math.ceil(size / 16)
  }
  // Every key of `sizes` has been given an address.
  return { at: at as Record<K, number>, total }
}
