import type { PipelineError, Resources } from '@etsef/plugin-api'
import { asError, problem } from '../errors.js'
import { noMemo, type Memo } from '../memo.js'
import { inputSpecs, type NodeSpecs } from './check-specs.js'
import type { Graph, GraphNode } from './graph.js'

/** What a stage needs where its operation does not say. */
const unsaid: Resources = { cpus: 1, memoryMb: 512 }

/**
 * What a node's operation says that its stage needs of the machine.
 *
 * @throws PipelineError `ERR_PLUGIN` when it says nothing that can be counted with.
 */
export function resourcesOf(node: GraphNode, specs: ReadonlyMap<string, NodeSpecs>): Resources {
  const { operation, plugin } = node.installed
  if (!operation.resources) return unsaid
  const refuse = (what: string, details: { expected?: string; received?: string; cause?: unknown }): PipelineError =>
    problem('ERR_PLUGIN', {
      message: `${operation.type} (${plugin.packageName} ${plugin.version}) ${what} node "${node.id}"`,
      place: node.usePlace,
      node: node.id,
      hint: 'this is a mistake in the plugin; report it to its authors',
      ...details,
    })
  let resources: unknown
  try {
    resources = operation.resources(node.options, inputSpecs(node, specs))
  } catch (thrown) {
    const cause = asError(thrown)
    throw refuse('failed to say what it needs for', { received: cause.message, cause })
  }
  const said = typeof resources === 'object' && resources !== null ? (resources as Record<string, unknown>) : {}
  for (const [name, least, isNeeded] of [
    ['cpus', 1, true],
    ['memoryMb', 0, true],
    ['maxCpus', 0, false],
    ['gpus', 0, false],
  ] as const) {
    const value = said[name]
    if (value === undefined && !isNeeded) continue
    if (typeof value === 'number' && Number.isFinite(value) && value >= least) continue
    throw refuse(`gives no usable ${name} for`, {
      expected: `a number, at least ${String(least)}`,
      received: typeof value === 'number' ? String(value) : `a value of type ${typeof value}`,
    })
  }
  return said as unknown as Resources
}

/** Reports nodes whose operations do not say what they need. */
export function checkResources(
  nodes: ReadonlyMap<string, GraphNode>,
  specs: ReadonlyMap<string, NodeSpecs>,
  problems: PipelineError[],
  { ancestries, memo = noMemo }: { readonly ancestries?: Graph['ancestries']; readonly memo?: Memo } = {},
): void {
  const broken = new Set(problems.map((error) => error.node))
  for (const node of nodes.values()) {
    if (broken.has(node.id) || !node.installed.operation.resources) continue
    const wrong = memo.of(['resources', node.id, ancestries?.get(node.id) ?? node], () => wrongResources(node, specs))
    if (wrong) problems.push(wrong)
  }
}

function wrongResources(node: GraphNode, specs: ReadonlyMap<string, NodeSpecs>): PipelineError | undefined {
  try {
    resourcesOf(node, specs)
    return undefined
  } catch (thrown) {
    // It throws nothing else.
    return thrown as PipelineError
  }
}
