import type { JoiningEstimatorImplementation, OperationContext, PredictionBatch } from '@etsef/plugin-api'
import { loadModel, saveModel } from '@etsef/plugin-api/models'
import type { combinedOutputs, memberInputs } from './ports.js'
import { joinedMembers, readMembers, type AlignedMembers } from './read-members.js'

/** What a combination says of the rows of a batch. */
export type Combined = Pick<PredictionBatch, 'scores' | 'predicted' | 'scoreKind'>

/** A combination that is ready to be asked, a batch at a time. */
export interface OpenedCombination {
  combine(members: AlignedMembers): Combined
  /** Records what is known when there are no more batches. */
  finish?(): void
}

/** The mathematics of a combination: what it learns from rows of known class, and how it answers with that. */
export interface Combiner<O, S extends { readonly kind: string }> {
  readonly kind: S['kind']
  learn(members: AlignedMembers, options: O, ctx: OperationContext): S
  open(state: S, options: O, ctx: OperationContext): OpenedCombination
}

type CombinerNode<O, S> = JoiningEstimatorImplementation<O, typeof memberInputs, typeof combinedOutputs, S>

/** The adapter of a {@link Combiner}: members in, one prediction a row out. */
export function combinerNode<O, S extends { readonly kind: string }>(combiner: Combiner<O, S>): CombinerNode<O, S> {
  return {
    fit: async ({ options, inputs, ctx }) =>
      combiner.learn(await readMembers(inputs.predictions, ctx.signal), options, ctx),
    save: saveModel,
    // `loadModel` has checked the kind, and the runner that the bytes are those `save` wrote.
    load: async (dir) => (await loadModel(dir, combiner.kind)) as S,
    open: ({ state, options, ctx }) => {
      const opened = combiner.open(state, options, ctx)
      return Promise.resolve({
        apply: ({ predictions }) => {
          const members = joinedMembers(predictions)
          return Promise.resolve({
            predictions: { kind: 'predictions' as const, ...members.rows, ...opened.combine(members) },
          })
        },
        close: () => {
          opened.finish?.()
          return Promise.resolve()
        },
      })
    },
  }
}
