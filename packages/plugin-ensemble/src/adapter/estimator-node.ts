import type { EstimatorImplementation, SeedlessContext } from '@etsef/plugin-api'
import {
  collectTraining,
  featureMatrix,
  type Labels,
  loadModel,
  saveModel,
  withProbabilities,
} from '@etsef/plugin-api/models'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Matrix } from '../numeric/linear-algebra/matrix.js'
import { withFeatures } from './with-features.js'
import { rowOnnx, type DrawRows } from '../open-formats/row-graph.js'
import type { classifierOutputs, featureInputs, transformerOutputs } from './ports.js'

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

/** The mathematics of an operation that gives new columns. `C` is the whole context where it draws. */
export interface Transformer<O, M extends AnyModel, C extends SeedlessContext = SeedlessContext> {
  readonly kind: M['kind']
  fit(x: Matrix, y: Labels, options: O, ctx: C): M
  apply(model: M, x: Matrix): Matrix
  /** Names of the new columns. */
  names(model: M, featureNames: readonly string[]): readonly string[]
  /** The same for other programs. */
  readonly draw?: DrawRows<M>
}

/** The mathematics of an operation that gives class probabilities. `C` is the whole context where it draws. */
export interface Classifier<O, M extends AnyModel, C extends SeedlessContext = SeedlessContext> {
  readonly kind: M['kind']
  fit(x: Matrix, y: Labels, options: O, ctx: C, classNames: readonly string[]): M | Promise<M>
  /** Gives class probabilities; may first load a library and hold its memory until `close`. */
  readonly open?: (model: M) => Promise<Opened>
  readonly probabilities?: (model: M, x: Matrix) => Matrix
  /** The same for other programs. */
  readonly draw?: DrawRows<M>
  /** Text of `xgboost.json`, of trees. */
  readonly xgboostJson?: (model: M, featureNames: readonly string[], classNames: readonly string[]) => string
}

/** A model that is ready to be asked. */
export interface Opened {
  probabilities(x: Matrix): Matrix
  close(): void
}

type TransformerNode<O, M extends AnyModel, C extends SeedlessContext> = Required<
  EstimatorImplementation<O, typeof featureInputs, typeof transformerOutputs, Fitted<M>, C>
>
type ClassifierNode<O, M extends AnyModel, C extends SeedlessContext> = Required<
  EstimatorImplementation<O, typeof featureInputs, typeof classifierOutputs, Fitted<M>, C>
>

/** The adapter of a {@link Transformer}: `features` in, `features` and the model out. */
export function transformerNode<O, M extends AnyModel, C extends SeedlessContext = SeedlessContext>(
  operation: Transformer<O, M, C>,
): TransformerNode<O, M, C> {
  return {
    ...fitSaveLoad(operation),
    writeOpenFormats: async ({ state: { model, featureNames }, dir }) => {
      const names = operation.names(model, featureNames)
      const { kind: name, draw } = operation
      if (draw)
        await writeFile(
          join(dir, 'model.onnx'),
          rowOnnx(draw, model, { name, featureNames, output: 'features', names }),
        )
    },
    open: ({ state }) => {
      const featureNames = operation.names(state.model, state.featureNames)
      return Promise.resolve({
        apply: (batch) => {
          const x = operation.apply(state.model, featureMatrix(batch))
          return Promise.resolve({ features: withFeatures(batch, x, featureNames) })
        },
        close: () => Promise.resolve(),
      })
    },
  }
}

/** The adapter of a {@link Classifier}: `features` in, `predictions` and the model out. */
export function classifierNode<O, M extends AnyModel, C extends SeedlessContext = SeedlessContext>(
  operation: Classifier<O, M, C>,
): ClassifierNode<O, M, C> {
  return {
    ...fitSaveLoad(operation),
    writeOpenFormats: async ({ state: { model, featureNames }, classNames, dir }) => {
      const { kind: name, draw, xgboostJson } = operation
      const onnx = { name, featureNames, output: 'scores', names: classNames } as const
      if (draw) await writeFile(join(dir, 'model.onnx'), rowOnnx(draw, model, onnx))
      if (xgboostJson) await writeFile(join(dir, 'xgboost.json'), xgboostJson(model, featureNames, classNames))
    },
    open: async ({ state }) => {
      const opened = await openModel(operation, state.model)
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

function openModel<O, M extends AnyModel, C extends SeedlessContext>(
  operation: Classifier<O, M, C>,
  model: M,
): Promise<Opened> {
  if (operation.open) return operation.open(model)
  const { probabilities } = operation
  if (!probabilities) throw new TypeError(`${operation.kind}: neither open nor probabilities`)
  return Promise.resolve({ probabilities: (x) => probabilities(model, x), close: () => undefined })
}

function fitSaveLoad<O, M extends AnyModel, C extends SeedlessContext>(
  operation: Pick<Classifier<O, M, C>, 'kind' | 'fit'>,
): Pick<ClassifierNode<O, M, C>, 'fit' | 'save' | 'load'> {
  return {
    fit: async ({ options, inputs, ctx }) => {
      const { x, y, featureNames, classNames } = await collectTraining(inputs.features, ctx.signal)
      return { kind: operation.kind, featureNames, model: await operation.fit(x, y, options, ctx, classNames) }
    },
    save: saveModel,
    // `loadModel` has checked the kind, and the runner has checked that the bytes are those `save` wrote.
    load: async (dir) => (await loadModel(dir, operation.kind)) as Fitted<M>,
  }
}
