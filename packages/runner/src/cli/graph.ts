import { checkPipeline } from '../run/check-pipeline.js'
import { drawDot, drawMermaid } from '../graph/draw.js'
import { drawSvg } from '../graph/draw-svg.js'
import type { GraphNode } from '../graph/graph.js'
import { pipelineRequest, UsageError, type Arguments } from './arguments.js'
import { exitCodes } from './exit-codes.js'
import { InvalidPipeline } from '../errors.js'
import { writeResult, type Output } from './output.js'

/** `etsef graph FILE --format mermaid|dot|svg [--out FILE]`: the graph as text. */
export async function graph(args: Arguments, output: Output): Promise<number> {
  const format = args.values.format ?? (args.isJson ? 'json' : 'mermaid')
  const checked = await checkPipeline(pipelineRequest(args))
  if (checked.problems.length > 0) throw new InvalidPipeline(checked.problems)
  const nodes = checked.order.flatMap((id) => checked.graph.nodes.get(id) ?? [])
  const draw = Object.hasOwn(formats, format) ? formats[format] : undefined
  if (!draw) throw new UsageError(`--format is mermaid, dot, svg or json, not "${format}"`)
  writeResult(await draw(nodes), args, output)
  return exitCodes.ok
}

const formats: Readonly<Record<string, (nodes: readonly GraphNode[]) => string | Promise<string>>> = {
  mermaid: drawMermaid,
  dot: drawDot,
  svg: drawSvg,
  json: describeGraph,
}

function describeGraph(nodes: readonly GraphNode[]): string {
  const edges = nodes
    .flatMap((node) => Object.values(node.inputs).flat())
    .map(({ from, to, kind }) => ({ from, to, kind }))
  const described = nodes.map(({ id, installed }) => ({
    id,
    operation: installed.operation.type,
    kind: installed.operation.kind,
  }))
  return JSON.stringify({ nodes: described, edges })
}
