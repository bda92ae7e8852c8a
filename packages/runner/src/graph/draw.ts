import { edgesInto, type GraphNode } from './graph.js'

/** A graph in the language of Mermaid. */
export function drawMermaid(nodes: readonly GraphNode[]): string {
  const lines = ['flowchart LR']
  for (const { id, installed } of nodes)
    lines.push(`  ${id}${shapeOf(installed.operation.kind, `${id}<br/>${installed.operation.type}`)}`)
  for (const node of nodes) {
    for (const edge of edgesInto(node)) lines.push(`  ${edge.from.node} -->|${edge.kind}| ${edge.to.node}`)
  }
  return lines.join('\n')
}

function shapeOf(kind: string, text: string): string {
  const quoted = `"${text}"`
  if (kind === 'source') return `[(${quoted})]`
  if (kind === 'estimator') return `[[${quoted}]]`
  if (kind === 'report') return `>${quoted}]`
  return kind === 'combine' ? `{{${quoted}}}` : `(${quoted})`
}

/** A graph in the language of Graphviz. */
export function drawDot(nodes: readonly GraphNode[]): string {
  const lines = ['digraph pipeline {', '  rankdir=LR; node [shape=box, style=rounded];']
  for (const { id, installed } of nodes) lines.push(`  "${id}" [label="${id}\\n${installed.operation.type}"];`)
  for (const node of nodes) {
    for (const edge of edgesInto(node)) lines.push(`  "${edge.from.node}" -> "${edge.to.node}" [label="${edge.kind}"];`)
  }
  return [...lines, '}'].join('\n')
}
