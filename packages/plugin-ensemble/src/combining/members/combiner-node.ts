import type { JoiningEstimatorImplementation, PredictionBatch, SeedlessContext } from '@etsef/plugin-api'
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

/** The mathematics of a combination: what it learns from rows of known class, and how it answers with that. `C` is the whole context where it draws. */
export interface Combiner<O, S extends { readonly kind: string }, C extends SeedlessContext = SeedlessContext> {
  readonly kind: S['kind']
  learn(members: AlignedMembers, options: O, ctx: C): S
  open(state: S, options: O, ctx: C): OpenedCombination
}

type CombinerNode<O, S, C extends SeedlessContext> = JoiningEstimatorImplementation<
  O,
  typeof memberInputs,
  typeof combinedOutputs,
  S,
  C
>

/** The adapter of a {@link Combiner}: members in, one prediction a row out. */
export function combinerNode<O, S extends { readonly kind: string }, C extends SeedlessContext = SeedlessContext>(
  combiner: Combiner<O, S, C>,
): CombinerNode<O, S, C> {
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
