import type { Operation, PortKind } from '@etsef/plugin-api'

/** What a drawing shows of a node. */
export interface DrawnNode {
  readonly id: string
  readonly installed: { readonly operation: Pick<Operation, 'kind' | 'type'> }
  readonly inputs: Readonly<
    Record<
      string,
      readonly {
        readonly from: { readonly node: string }
        readonly to: { readonly node: string }
        readonly kind: PortKind
      }[]
    >
  >
}

function edgesInto({ inputs }: DrawnNode): DrawnNode['inputs'][string][number][] {
  return Object.values(inputs).flat()
}

/** A graph in the language of Mermaid. */
export function drawMermaid(nodes: readonly DrawnNode[]): string {
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

const fills: Readonly<Record<Operation['kind'], string>> = {
  source: '#e3f2fd',
  map: '#f1f8e9',
  estimator: '#fff3e0',
  combine: '#f3e5f5',
  report: '#fce4ec',
}

/** A graph in the language of Graphviz. */
export function drawDot(nodes: readonly DrawnNode[]): string {
  const lines = [
    'digraph pipeline {',
    '  rankdir=LR; node [shape=box, style="rounded,filled", fontname="sans-serif"]; edge [fontname="sans-serif"];',
  ]
  for (const { id, installed } of nodes)
    lines.push(
      `  "${id}" [label="${id}\\n${installed.operation.type}", fillcolor="${fills[installed.operation.kind]}"];`,
    )
  for (const node of nodes) {
    for (const edge of edgesInto(node)) lines.push(`  "${edge.from.node}" -> "${edge.to.node}" [label="${edge.kind}"];`)
  }
  return [...lines, '}'].join('\n')
}
