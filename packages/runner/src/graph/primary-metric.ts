import type { Operation } from '@etsef/plugin-api'
import type { LocatedEntry } from '../pipeline/located.js'
import { withEntry } from '../pipeline/located.js'
import type { NodeDeclaration } from '../pipeline/read-pipeline.js'
import type { Schema } from '@etsef/plugin-api/semantics'

const option = 'primaryMetric'

/**
 * The node with the pipeline's primary metric among its options, where its operation has an option of that name and the node gives none.
 * It is checked like any option, and a problem with it is told where the pipeline declares it.
 */
export function withPrimaryMetric(
  node: NodeDeclaration,
  operation: Operation,
  declared: LocatedEntry | undefined,
): NodeDeclaration {
  const properties = (operation.options as Schema)['properties']
  const takesIt = typeof properties === 'object' && properties !== null && Object.hasOwn(properties, option)
  if (!declared || !takesIt || node.options.entries.has(option)) return node
  return { ...node, options: withEntry(node.options, option, declared) }
}
