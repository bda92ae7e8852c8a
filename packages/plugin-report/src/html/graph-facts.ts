import type { RunFacts, RunNode } from '@etsef/plugin-api'

/** The node that an input of an evaluation is named after. */
export function nodeOf(facts: RunFacts | null, input: string): RunNode | undefined {
  return facts?.nodes.find(({ id }) => id === input) ?? facts?.nodes.find(({ id }) => id === input.split('.')[0])
}

/** A node and everything that it stands on. */
export function upstreamOf(facts: RunFacts, id: string): RunNode[] {
  const reached = new Set<string>()
  const visit = (node: string): void => {
    if (reached.has(node)) return
    reached.add(node)
    for (const ends of Object.values(facts.nodes.find((other) => other.id === node)?.inputs ?? {}))
      for (const end of ends) visit(end.node)
  }
  visit(id)
  return facts.nodes.filter((node) => reached.has(node.id))
}

/** Whether a node trained step by step, as networks do: it gave figures with a step. */
export function isTrained({ stages }: RunNode): boolean {
  return stages.some(({ part, series }) => part !== 'apply' && Object.keys(series).length > 0)
}

/** Whether an input combines the predictions of others. */
export function isCombination(facts: RunFacts | null, input: string): boolean {
  const node = nodeOf(facts, input)
  return (
    node?.kind === 'combine' ||
    (Object.keys(node?.inputs ?? {}).includes('predictions') && (node?.inputs['predictions']?.length ?? 0) > 1)
  )
}
