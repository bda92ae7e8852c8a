/** Stages that can begin, each once, in a given order. */
export interface ReadyList {
  readonly ids: readonly string[]
  add(id: string): void
  removeAt(index: number): void
}

/** An empty list. @param order - All stages, those first that begin first. */
export function createReadyList(order: Iterable<string>): ReadyList {
  const positions = new Map([...order].map((id, index) => [id, index]))
  const ids: string[] = []
  const listed = new Set<string>()
  return {
    ids,
    add(id) {
      if (listed.has(id)) return
      listed.add(id)
      const position = positions.get(id)!
      let at = ids.length
      while (at > 0 && positions.get(ids[at - 1]!)! > position) at--
      ids.splice(at, 0, id)
    },
    removeAt(index) {
      for (const id of ids.splice(index, 1)) listed.delete(id)
    },
  }
}
