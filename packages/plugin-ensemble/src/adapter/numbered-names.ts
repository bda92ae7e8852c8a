/** `prefix0`, `prefix1` …: names of columns that mix all others. */
export function numberedNames(prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`)
}
