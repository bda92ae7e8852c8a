import { axisPadding, inferShapes, type Graph, type Padding } from '@etsef/nn'

/** Where the cells of a layer look, on one axis, in pixels of the network's input (pixel k spans k to k + 1). */
export interface AxisGrid {
  /** Centre of the receptive field of cell 0. */
  readonly origin: number
  /** Distance between the centres of neighbouring cells. */
  readonly stride: number
}

/** Where the cells of a layer look. */
export interface ReceptiveGrid {
  readonly height: AxisGrid
  readonly width: AxisGrid
}

/**
 * Centres of the receptive fields of a layer's cells.
 *
 * A stretched map assumes that the cells tile the picture. They do not: with kernels of 3 at stride 2, PyTorch's symmetric padding centres every
 * field half a step to the upper left of its tile, TensorFlow's `same` half a step to the lower right, and the halves add up (3.5 pixels at
 * stride 8, 15.5 at stride 32). Branches that meet are averaged.
 */
export function receptiveGrid(graph: Graph, layer: string): ReceptiveGrid {
  return { height: axisGrid(graph, layer, 'height'), width: axisGrid(graph, layer, 'width') }
}

function axisGrid(graph: Graph, layer: string, axis: 'height' | 'width'): AxisGrid {
  const at = axis === 'height' ? 0 : 1
  const shapes = inferShapes(graph)
  const grids = new Map<string, AxisGrid>([['input', { origin: 0.5, stride: 1 }]])
  const window = (from: AxisGrid, input: string, kernel: number, stride: number, padding: Padding): AxisGrid => {
    const [before] = axisPadding(padding, axis, shapes.get(input)![at]!, kernel, stride)
    return { origin: from.origin + from.stride * ((kernel - 1) / 2 - before), stride: from.stride * stride }
  }
  for (const node of graph.nodes) {
    // Squeeze-and-excitation gates have one cell: they say how much, not where.
    const inputs = node.inputs.filter(
      (name) => node.inputs.length === 1 || shapes.get(name)![at] === shapes.get(node.name)![at],
    )
    const before = inputs.map((name) => grids.get(name)!)
    const mean = (part: (grid: AxisGrid) => number): number =>
      before.reduce((total, grid) => total + part(grid), 0) / before.length
    const from = { origin: mean(({ origin }) => origin), stride: mean(({ stride }) => stride) }
    if (node.op === 'conv' || node.op === 'depthwiseConv')
      grids.set(node.name, window(from, inputs[0]!, node.kernel[at], node.strides[at], node.padding))
    else if (node.op === 'maxPool' || node.op === 'avgPool')
      grids.set(node.name, window(from, inputs[0]!, node.size[at], node.strides[at], node.padding))
    else grids.set(node.name, from)
    if (node.name === layer) break
  }
  return grids.get(layer)!
}

/**
 * A layer's map laid over the network's input: bilinear between the centres of receptive fields, the edge value beyond the outermost.
 *
 * @param map - Row-major `[height, width]` of the layer.
 * @returns float64 `[target height, target width]`.
 */
export function placeMap(
  map: ArrayLike<number>,
  [height, width]: readonly [number, number],
  grid: ReceptiveGrid,
  target: readonly [height: number, width: number],
): Float64Array {
  const rows = places(grid.height, height, target[0])
  const columns = places(grid.width, width, target[1])
  const placed = new Float64Array(target[0] * target[1])
  rows.forEach(([top, shareBelow], row) => {
    const bottom = Math.min(top + 1, height - 1)
    columns.forEach(([left, shareRight], column) => {
      const right = Math.min(left + 1, width - 1)
      const upper = map[top * width + left]! * (1 - shareRight) + map[top * width + right]! * shareRight
      const lower = map[bottom * width + left]! * (1 - shareRight) + map[bottom * width + right]! * shareRight
      placed[row * target[1] + column] = upper * (1 - shareBelow) + lower * shareBelow
    })
  })
  return placed
}

/** For each pixel the cell before it, and the share of the next one. */
function places(
  { origin, stride }: AxisGrid,
  size: number,
  target: number,
): (readonly [cell: number, share: number])[] {
  return Array.from({ length: target }, (_, pixel) => {
    const at = Math.min(Math.max((pixel + 0.5 - origin) / stride, 0), size - 1)
    const cell = Math.min(Math.floor(at), size - 1)
    return [cell, at - cell] as const
  })
}
