import { drawDot, type DrawnNode } from './draw.js'

/** A graph as an SVG picture, laid out by Graphviz, which is loaded when the first one is drawn. */
export async function drawSvg(nodes: readonly DrawnNode[]): Promise<string> {
  const { instance } = await import('@viz-js/viz')
  const viz = await instance()
  const svg = viz.renderString(drawDot(nodes), { format: 'svg' })
  // From the element on, so that it can stand inside a page.
  return svg.slice(svg.indexOf('<svg')).trimEnd()
}
