/**
 * Rows that must stay in one fold: those of one patient, and those made from one image.
 *
 * @param groups - Patient, video or slide of each row; `''` where there is none.
 * @param sourceIds - Original image of each row; `''` where it is not known.
 * @returns Component of each row, numbered from 0 in order of first appearance.
 */
export function rowComponents(groups: readonly string[], sourceIds: readonly string[]): Int32Array {
  const parent = Int32Array.from(groups.keys())
  const find = (row: number): number => {
    let root = row
    while (parent[root]! !== root) root = parent[root]!
    for (let at = row; at !== root;) [parent[at], at] = [root, parent[at]!]
    return root
  }
  for (const names of [groups, sourceIds]) {
    const first = new Map<string, number>()
    names.forEach((name, row) => {
      if (name === '') return
      const known = first.get(name)
      if (known === undefined) first.set(name, row)
      else parent[find(row)] = find(known)
    })
  }
  const numbers = new Map<number, number>()
  return Int32Array.from(groups, (_, row) => {
    const root = find(row)
    const number = numbers.get(root) ?? numbers.size
    numbers.set(root, number)
    return number
  })
}
