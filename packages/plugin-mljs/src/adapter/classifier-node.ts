import type { EstimatorImplementation, SeedlessContext } from '@etsef/plugin-api'
import {
  collectTraining,
  featureMatrix,
  type Labels,
  loadModel,
  type Matrix,
  saveModel,
  withProbabilities,
} from '@etsef/plugin-api/models'
import type { classifierOutputs, featureInputs } from './ports.js'

/** What a model says of itself beside its numbers. */
interface AnyModel {
  readonly kind: string
}

/** A model with the names of the columns it was fitted on. */
export interface Fitted<M extends AnyModel> {
  readonly kind: M['kind']
  readonly featureNames: readonly string[]
  readonly model: M
}

/** A package's classifier, guarded. `C` is the whole context where it draws. */
interface Classifier<O, M extends AnyModel, C extends SeedlessContext> {
  readonly kind: M['kind']
  fit(x: Matrix, y: Labels, options: O, ctx: C): M | Promise<M>
  /** Gives class probabilities; may first load a library and hold its memory until `close`. */
  open(model: M): Promise<Opened>
}

/** A model that is ready to be asked. */
interface Opened {
  probabilities(x: Matrix): Matrix
  close(): void
}

type Implementation<O, M extends AnyModel, C extends SeedlessContext> = EstimatorImplementation<
  O,
  typeof featureInputs,
  typeof classifierOutputs,
  Fitted<M>,
  C
>
type ClassifierNode<O, M extends AnyModel, C extends SeedlessContext> = Required<
  Pick<Implementation<O, M, C>, 'fit' | 'save' | 'load' | 'open'>
>

/** The adapter of a {@link Classifier}: `features` in, `predictions` and the model out. */
export function classifierNode<O, M extends AnyModel, C extends SeedlessContext = SeedlessContext>(
  classifier: Classifier<O, M, C>,
): ClassifierNode<O, M, C> {
  const { kind } = classifier
  return {
    fit: async ({ options, inputs, ctx }) => {
      const { x, y, featureNames } = await collectTraining(inputs.features, ctx.signal)
      return { kind, featureNames, model: await classifier.fit(x, y, options, ctx) }
    },
    save: saveModel,
    // `loadModel` has checked the kind, and the runner has checked that the bytes are those `save` wrote.
    load: async (dir) => (await loadModel(dir, kind)) as Fitted<M>,
    open: async ({ state }) => {
      const opened = await classifier.open(state.model)
      return {
        apply: (batch) => {
          const probabilities = opened.probabilities(featureMatrix(batch))
          return Promise.resolve({ predictions: withProbabilities(batch, probabilities) })
        },
        close: () => {
          opened.close()
          return Promise.resolve()
        },
      }
    },
  }
}
