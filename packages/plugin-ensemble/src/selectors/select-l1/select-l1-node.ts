import { fitSelectL1Logistic } from './l1-logistic.js'
import { selectNode } from '../select-node.js'

/** Code of `ensemble/select-l1`. */
export const { fit, save, load, open, writeOpenFormats } = selectNode<{
  readonly components: number
  readonly C: number
}>((x, y, { components, C }, ctx) => {
  const model = fitSelectL1Logistic(x, y, { components, C })
  if (!model.converged) {
    ctx.log(
      'warn',
      `the regression did not converge in ${model.numIterations} iterations; lower c, or drop columns that repeat others`,
    )
  }
  ctx.metric('iterations', model.numIterations)
  ctx.metric('converged', Number(model.converged))
  return model
})
