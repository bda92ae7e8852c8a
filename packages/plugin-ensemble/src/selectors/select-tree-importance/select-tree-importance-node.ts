import type { OperationContext } from '@etsef/plugin-api'
import { selectNode } from '../select-node.js'
import { fitSelectTreeImportance } from './tree-importance.js'

/** Code of `ensemble/select-tree-importance`. */
export const { fit, save, load, open, writeOpenFormats } = selectNode<
  { readonly components: number; readonly trees: number },
  OperationContext
>((x, y, options, ctx) =>
  fitSelectTreeImportance(x, y, {
    components: options.components,
    trees: options.trees,
    seed: ctx.seed,
    onTree: (done) => {
      ctx.signal.throwIfAborted()
      ctx.progress(done, options.trees, 'trees')
    },
  }),
)
