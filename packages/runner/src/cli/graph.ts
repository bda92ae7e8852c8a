import { checkPipeline } from '../run/prepare.js'
import { drawDot, drawMermaid } from '../graph/draw.js'
import { drawSvg } from '../graph/draw-svg.js'
import { pipelineRequest, UsageError, type Arguments } from './arguments.js'
import { exitCodes } from './exit-codes.js'
import { InvalidPipeline } from '../errors.js'
import type { Output } from './output.js'

/** `etsef graph FILE --format mermaid|dot|svg`: the graph as text. */
export async function graph(args: Arguments, output: Output): Promise<number> {
  const format = args.values.format ?? (args.isJson ? 'json' : 'mermaid')
  const checked = await checkPipeline(pipelineRequest(args))
  if (checked.problems.length > 0) throw new InvalidPipeline(checked.problems)
  const nodes = checked.order.flatMap((id) => checked.graph.nodes.get(id) ?? [])
  if (format === 'mermaid') output.line(drawMermaid(nodes))
  else if (format === 'dot') output.line(drawDot(nodes))
  else if (format === 'svg') output.line(drawSvg(nodes))
  else if (format === 'json') {
    const edges = nodes
      .flatMap((node) => Object.values(node.inputs).flat())
      .map(({ from, to, kind }) => ({ from, to, kind }))
    output.line(
      JSON.stringify({
        nodes: nodes.map((node) => ({
          id: node.id,
          operation: node.installed.operation.type,
          kind: node.installed.operation.kind,
        })),
        edges,
      }),
    )
  } else throw new UsageError(`--format is mermaid, dot or svg, not "${format}"`)
  return exitCodes.ok
}
