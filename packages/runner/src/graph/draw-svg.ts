import { edgesInto, type GraphNode } from './graph.js'

const box = { width: 168, height: 44, gapX: 56, gapY: 18, margin: 12 } as const

const fills: Readonly<Record<string, string>> = {
  source: '#e3f2fd',
  map: '#f1f8e9',
  estimator: '#fff3e0',
  combine: '#f3e5f5',
  report: '#fce4ec',
}

/**
 * A graph as an SVG picture: columns by distance from the sources, edges left to right.
 *
 * @param nodes - Producers first.
 */
export function drawSvg(nodes: readonly GraphNode[]): string {
  const columns = new Map<string, number>()
  const rows = new Map<string, number>()
  const heights: number[] = []
  for (const node of nodes) {
    const column = Math.max(0, ...edgesInto(node).map((edge) => (columns.get(edge.from.node) ?? 0) + 1))
    columns.set(node.id, column)
    rows.set(node.id, heights[column] ?? 0)
    heights[column] = (heights[column] ?? 0) + 1
  }
  const x = (id: string): number => box.margin + (columns.get(id) ?? 0) * (box.width + box.gapX)
  const y = (id: string): number => box.margin + (rows.get(id) ?? 0) * (box.height + box.gapY)
  const width = 2 * box.margin + heights.length * (box.width + box.gapX) - box.gapX
  const height = 2 * box.margin + Math.max(1, ...heights) * (box.height + box.gapY) - box.gapY
  const edges = nodes.flatMap((node) =>
    edgesInto(node).map(({ from, to }) => {
      const start = [x(from.node) + box.width, y(from.node) + box.height / 2] as const
      const end = [x(to.node), y(to.node) + box.height / 2] as const
      const middle = (start[0] + end[0]) / 2
      return `<path d="M${start.join(' ')} C${middle} ${start[1]} ${middle} ${end[1]} ${end.join(' ')}" fill="none" stroke="#78909c" marker-end="url(#arrow)"/>`
    }),
  )
  const boxes = nodes.map(({ id, installed }) => {
    const { kind, type } = installed.operation
    const centre = x(id) + box.width / 2
    return (
      `<g><title>${type}</title><rect x="${x(id)}" y="${y(id)}" width="${box.width}" height="${box.height}" rx="8" fill="${fills[kind] ?? '#fff'}" stroke="#546e7a"/>` +
      `<text x="${centre}" y="${y(id) + 18}" text-anchor="middle" font-weight="bold">${id}</text><text x="${centre}" y="${y(id) + 34}" text-anchor="middle" fill="#546e7a">${type}</text></g>`
    )
  })
  const arrow =
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#78909c"/></marker></defs>'
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    arrow,
    ...edges,
    ...boxes,
    '</svg>',
  ].join('\n')
}
