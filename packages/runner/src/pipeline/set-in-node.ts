import type { Place } from '@etsef/plugin-api'
import { emptyMap, withEntry, type Located, type LocatedEntry, type LocatedMap } from './located.js'

/** Reserved words that follow a node's name in an override. */
const nodeKeys: ReadonlySet<string> = new Set(['use', 'part', 'in', 'with', 'seed', 'each', 'description'])

/** Parts as far as an override must know them. */
type PartNodes = ReadonlyMap<string, { readonly nodes: LocatedMap }>

/**
 * The map of a node with a value set in it: an option, a word of the node, or what lies inside the part that it uses or the list that it
 * is repeated over; that is kept in its `set`, for when the part is written out.
 *
 * @returns What is wrong, where nothing can be set there.
 */
export function setInNode(
  node: LocatedMap,
  path: readonly string[],
  value: Located,
  place: Place,
  parts: PartNodes,
): LocatedMap | string {
  const [head] = path
  if (head === undefined) return 'A node cannot be set as a whole'
  if (isInside(node, path, parts)) {
    const set = node.entries.get('set')
    const inner = set?.value.kind === 'map' ? set.value : emptyMap(place)
    return withEntry(node, 'set', {
      place: set?.place ?? place,
      value: withEntry(inner, path.join('.'), { place, value }),
    })
  }
  const target = nodeKeys.has(head) ? path : ['with', ...path]
  return missingItem(node, target) ?? setAt(node, target, value, place)
}

function isInside(node: LocatedMap, [head, ...rest]: readonly string[], parts: PartNodes): boolean {
  if (rest.length === 0 || nodeKeys.has(head!)) return false
  const each = node.entries.get('each')?.value
  if (each?.kind === 'map' && each.entries.has(head!)) return true
  if (each?.kind === 'list' && each.items.some((item) => item.kind === 'scalar' && String(item.value) === head))
    return true
  // "each" is a variable here, so its items are not known yet: in `svm.a.c` the step `a` is taken for an item, and `c` for its option.
  if (each?.kind === 'scalar') return true
  const part = node.entries.get('part')?.value
  if (part?.kind !== 'scalar') return false
  const known = typeof part.value === 'string' ? parts.get(part.value) : undefined
  return known ? known.nodes.entries.has(head!) : true
}

/** What is wrong when a path leads into a list where that has no such item. */
function missingItem(root: Located, path: readonly string[]): string | undefined {
  let current: Located | undefined = root
  for (const step of path) {
    if (current?.kind === 'list') {
      const items: readonly Located[] = current.items
      if (!/^\d+$/.test(step) || Number(step) >= items.length)
        return `The list has ${String(items.length)} items, none is "${step}"`
      current = items[Number(step)]
    } else current = current?.kind === 'map' ? current.entries.get(step)?.value : undefined
  }
  return undefined
}

/** The map with the value at a path replaced; maps on the way are made where there are none, list items are replaced by index. */
export function setAt(map: LocatedMap, path: readonly string[], value: Located, place: Place): LocatedMap {
  const [key, ...rest] = path as [string, ...string[]]
  const below = map.entries.get(key)
  const entries = new Map<string, LocatedEntry>(map.entries)
  if (rest.length === 0) entries.set(key, { place, value })
  else if (below?.value.kind === 'list')
    entries.set(key, { place: below.place, value: setItem(below.value, rest, value, place) })
  else {
    const inner = below?.value.kind === 'map' ? below.value : emptyMap(place)
    entries.set(key, { place: below?.place ?? place, value: setAt(inner, rest, value, place) })
  }
  return { ...map, entries }
}

function setItem(list: Located & { kind: 'list' }, path: readonly string[], value: Located, place: Place): Located {
  const [step, ...rest] = path as [string, ...string[]]
  const index = Number(step)
  const item = list.items[index]
  const items = [...list.items]
  items[index] = rest.length === 0 || item?.kind !== 'map' ? value : setAt(item, rest, value, place)
  return { ...list, items }
}
