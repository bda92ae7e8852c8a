import { PipelineError } from '@etsef/plugin-api'
import type { NodeDeclaration, PartUse } from './read-node.js'

/**
 * Problems with where the part is used that the node stands in. What is wrong in the text of a part is wrong in every use of it, and is
 * told once.
 */
export function throughParts(
  problems: readonly PipelineError[],
  nodes: readonly Pick<NodeDeclaration, 'id' | 'within'>[],
): readonly PipelineError[] {
  if (problems.length === 0) return problems
  const uses = new Map(nodes.flatMap(({ id, within }) => (within.length > 0 ? [[id, within] as const] : [])))
  if (uses.size === 0) return problems
  const known = new Map<string, { readonly first: PipelineError; readonly places: string[] }>()
  const order: (PipelineError | string)[] = []
  for (const error of problems) {
    const within = error.node === undefined ? undefined : uses.get(error.node)
    if (!within) {
      order.push(error)
      continue
    }
    const local = error.node!.slice(error.node!.lastIndexOf('.') + 1)
    const { code, place, port, option, expected, received } = error
    const text = error.message.replaceAll(error.node!, local)
    const same = JSON.stringify([code, place, port, option, expected, received, text, within.map(({ part }) => part)])
    const group = known.get(same)
    if (group) group.places.push(usedAt(within))
    else {
      known.set(same, { first: error, places: [usedAt(within)] })
      order.push(same)
    }
  }
  return order.map((each) => {
    if (typeof each !== 'string') return each
    const { first, places } = known.get(each)!
    const { code, message, node, port, option, expected, received, hint, cause, place } = first
    const [one, ...more] = [...new Set(places)]
    const others =
      more.length === 0 ? '' : `; the same in ${String(more.length)} other use${more.length === 1 ? '' : 's'}`
    return new PipelineError(code, {
      message: `${message}, ${one!}${others}`,
      node,
      port,
      option,
      expected,
      received,
      hint,
      cause,
      place,
    })
  })
}

/** `in part "five-votes", used at demo.yaml:30`, the innermost part first. */
function usedAt(within: readonly PartUse[]): string {
  return within
    .toReversed()
    .map(({ part, place }) => `in part "${part}", used at ${place.file}:${String(place.line)}`)
    .join(', ')
}
