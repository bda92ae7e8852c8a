import type { OperationContext } from '@etsef/plugin-api'
import { selectNode } from '../select-node.js'
import { fitSelectBoruta, type BorutaOptions } from './shadow-columns.js'

/** Code of `ensemble/select-boruta`. */
export const { fit, save, load, open, writeOpenFormats } = selectNode<
  Pick<BorutaOptions, 'rounds' | 'trees' | 'alpha'>,
  OperationContext
>((x, y, options, ctx) =>
  fitSelectBoruta(x, y, {
    ...options,
    seed: ctx.seed,
    onRound: (done) => {
      ctx.signal.throwIfAborted()
      ctx.progress(done, options.rounds, 'forests')
    },
  }),
)
