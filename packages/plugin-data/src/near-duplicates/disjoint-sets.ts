/** Sets that only ever merge. */
export interface DisjointSets {
  /** The smallest member of the set. */
  find(member: number): number
  union(a: number, b: number): void
}

/** Sets of one member each, numbered from 0. */
export function disjointSets(size: number): DisjointSets {
  const parent = Int32Array.from({ length: size }, (_, i) => i)
  const find = (member: number): number => {
    let root = member
    while (parent[root] !== root) root = parent[root]!
    for (let at = member; at !== root;) {
      const next = parent[at]!
      parent[at] = root
      at = next
    }
    return root
  }
  return {
    find,
    union(a, b) {
      const [rootA, rootB] = [find(a), find(b)]
      // The smaller number stays root, so that a set is called after its first member.
      parent[Math.max(rootA, rootB)] = Math.min(rootA, rootB)
    },
  }
}
