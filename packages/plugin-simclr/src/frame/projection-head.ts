import type { Graph, GraphNode } from '@etsef/nn'

/** A head of dense layers with ReLU between them. */
export interface HeadShape {
  /** Widths of the layers; `features` is the width of the backbone's features. */
  readonly widths: readonly (number | 'features')[]
  /**
   * `none`: biases and ReLU. `published`: a batch norm after every layer and no biases; the last layer's has no offset.
   * `affineless`: as published, the last one without scale as well (SimSiam). `hidden`: after every layer but the last, which has a bias.
   */
  readonly batchNorm: 'none' | 'published' | 'affineless' | 'hidden'
  readonly momentum: number
}

/**
 * The network with dense layers after node `from`; nodes are `<prefix>1`, `<prefix>2`, …, the last one `<prefix>`, in stage `projection`.
 *
 * @see google-research/simclr `tf2/model.py` (ProjectionHead): batch norm everywhere, the last one without centre
 */
export function withDenseLayers(graph: Graph, from: string, prefix: string, shape: HeadShape): Graph {
  const nodes: GraphNode[] = [...graph.nodes]
  const { widths, batchNorm, momentum } = shape
  const stage = 'projection'
  let last = from
  const push = (node: GraphNode): void => {
    nodes.push(node)
    last = node.name
  }
  for (const [i, width] of widths.entries()) {
    const isLast = i === widths.length - 1
    const name = isLast ? prefix : `${prefix}${i + 1}`
    const units = width === 'features' ? graph.featureWidth : width
    if (batchNorm === 'none' || (isLast && batchNorm === 'hidden'))
      push({ op: 'dense', units, bias: true, name, inputs: [last], stage })
    else {
      // The last batch norm has the head's own name: it is what the loss reads.
      push({ op: 'dense', units, bias: false, name: `${name}_dense`, inputs: [last], stage })
      const scale = !isLast || batchNorm !== 'affineless'
      push({ op: 'batchNorm', epsilon: 1e-5, momentum, scale, center: !isLast, name, inputs: [last], stage })
    }
    if (!isLast) push({ op: 'activation', activation: 'relu', name: `${name}_relu`, inputs: [last], stage })
  }
  return { ...graph, nodes }
}
