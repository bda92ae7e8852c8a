import type { OperationContext } from '@etsef/plugin-api'
import type { Labels } from '@etsef/plugin-api/models'
import type { Matrix } from '../../numeric/linear-algebra/matrix.js'
import { fitSelectAnova } from '../select-anova/select-anova-model.js'
import { fitSelectL1Logistic } from '../select-l1/l1-logistic.js'
import { fitSelectMutualInformation } from '../select-mutual-information/mutual-information.js'
import type { SelectModel } from '../select-columns.js'
import { selectNode } from '../select-node.js'
import { fitSelectStability } from './stability.js'

interface Options {
  readonly components: number
  readonly rounds: number
  readonly selector: 'anova' | 'mutual-information' | 'l1'
}

/** Code of `ensemble/select-stability`. */
export const { fit, save, load, open, writeOpenFormats } = selectNode<Options, OperationContext>(
  (x, y, options, ctx) => {
    const unsettled: number[] = []
    const select = baseSelector(options, (numIterations) => unsettled.push(numIterations))
    const model = fitSelectStability(x, y, select, {
      components: options.components,
      rounds: options.rounds,
      seed: ctx.seed,
      onRound: (done) => {
        ctx.signal.throwIfAborted()
        ctx.progress(done, options.rounds, 'half-samples')
      },
    })
    if (unsettled.length > 0) {
      ctx.log(
        'warn',
        `${unsettled.length} of ${options.rounds} regressions did not converge in ${unsettled[0]!} iterations`,
      )
    }
    if (Number.isFinite(model.stability)) ctx.metric('stability', model.stability)
    return model
  },
)

function baseSelector(
  { selector, components }: Options,
  onUnsettled: (numIterations: number) => void,
): (x: Matrix, y: Labels) => SelectModel {
  switch (selector) {
    case 'anova':
      return (x, y) => fitSelectAnova(x, y, { components })
    case 'mutual-information':
      return (x, y) => fitSelectMutualInformation(x, y, { components, neighbors: 3 })
    case 'l1':
      return (x, y) => {
        const selection = fitSelectL1Logistic(x, y, { components, C: 1 })
        if (!selection.converged) onUnsettled(selection.numIterations)
        return selection
      }
  }
}
