import type { OnnxModel } from '@etsef/plugin-api/onnx'

/** Order of the axes of a map: ONNX's operators want `nchw`, matrix products `nhwc`. What is no map counts as `nchw`. */
export type Layout = 'nchw' | 'nhwc'

/** In which layouts the values of each node exist, and under which names. */
export interface Layouts {
  set(node: string, layout: Layout, name: string): void
  /** Whether the node's values were computed in this layout. */
  has(node: string, layout: Layout): boolean
  /** Name of the node's values in a layout; transposed once where they exist in the other only. */
  get(node: string, layout: Layout): string
}

/** An empty table for a file that is being written. */
export function createLayouts(model: OnnxModel): Layouts {
  const computed = new Map<string, { readonly layout: Layout; readonly name: string }>()
  const transposed = new Map<string, string>()
  return {
    set: (node, layout, name) => {
      computed.set(node, { layout, name })
    },
    has: (node, layout) => computed.get(node)?.layout === layout,
    get: (node, layout) => {
      const own = computed.get(node)!
      if (own.layout === layout) return own.name
      const known = transposed.get(node)
      if (known !== undefined) return known
      const perm = layout === 'nchw' ? [0, 3, 1, 2] : [0, 2, 3, 1]
      const name = model.node('Transpose', [own.name], `${node}_${layout}`, { perm })
      transposed.set(node, name)
      return name
    },
  }
}
