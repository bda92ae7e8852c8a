/** Producers of a node, by id. Ids that do not exist are passed over. */
export type Upstream = ReadonlyMap<string, readonly string[]>

/**
 * Nodes with every producer before its consumers; among free nodes the order of the map is kept.
 *
 * @returns Also the cycles found, each as a path that ends where it starts; nodes on or below a cycle are left out of `order`.
 */
export function topologicalOrder(upstream: Upstream): {
  readonly order: readonly string[]
  readonly cycles: readonly (readonly string[])[]
} {
  const order: string[] = []
  const state = new Map<string, 'open' | 'done' | 'broken'>()
  const cycles: string[][] = []
  for (const root of upstream.keys()) {
    if (!state.has(root)) visit(upstream, root, state, order, cycles)
  }
  return { order, cycles }
}

/** A graph may have as many cycles as edges; what is told of them is bounded. */
const maxCycles = 20

/** Depth first with a stack of its own: pipelines may be thousands of nodes deep. */
function visit(
  upstream: Upstream,
  root: string,
  state: Map<string, 'open' | 'done' | 'broken'>,
  order: string[],
  cycles: string[][],
): void {
  const stack: { readonly node: string; next: number; isBroken: boolean }[] = [{ node: root, next: 0, isBroken: false }]
  state.set(root, 'open')
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const producer = (upstream.get(top.node) ?? [])[top.next++]
    if (producer === undefined) {
      stack.pop()
      state.set(top.node, top.isBroken ? 'broken' : 'done')
      if (!top.isBroken) order.push(top.node)
      const below = stack.at(-1)
      if (below && top.isBroken) below.isBroken = true
      continue
    }
    if (!upstream.has(producer)) continue
    const seen = state.get(producer)
    if (seen === 'open') {
      if (cycles.length < maxCycles) {
        const from = stack.findIndex((entry) => entry.node === producer)
        cycles.push([...stack.slice(from).map((entry) => entry.node), producer].reverse())
      }
      top.isBroken = true
    } else if (seen === 'broken') top.isBroken = true
    else if (seen === undefined) {
      state.set(producer, 'open')
      stack.push({ node: producer, next: 0, isBroken: false })
    }
  }
}
