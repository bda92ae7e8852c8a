import type { SeedlessContext } from '@etsef/plugin-api'
import type { Labels } from '@etsef/plugin-api/models'
import type { Matrix } from '../numeric/linear-algebra/matrix.js'
import { transformerNode } from '../adapter/estimator-node.js'
import { drawColumns } from './draw-columns.js'
import { applySelect, type SelectModel } from './select-columns.js'

/** The adapter of a selector: columns keep their names; the log says how many were kept. `C` is the whole context where it draws. */
export function selectNode<O, C extends SeedlessContext = SeedlessContext>(
  fit: (x: Matrix, y: Labels, options: O, ctx: C) => SelectModel,
): ReturnType<typeof transformerNode<O, SelectModel, C>> {
  return transformerNode<O, SelectModel, C>({
    kind: 'select',
    fit: (x, y, options, ctx) => {
      const model = fit(x, y, options, ctx)
      ctx.log('info', `kept ${model.columns.length} of ${x.numFeatures} columns`)
      ctx.metric('numSelected', model.columns.length)
      return model
    },
    apply: applySelect,
    draw: drawColumns,
    names: (model, featureNames) => Array.from(model.columns, (j) => featureNames[j]!),
  })
}
