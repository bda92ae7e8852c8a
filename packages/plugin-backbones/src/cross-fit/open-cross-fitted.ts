import type { OperationContext, Rows } from '@etsef/plugin-api'
import type { Model } from '@etsef/nn'
import { openEmbedder, type Embedder } from '../embed/open-embedder.js'
import type { TtaMode } from '../embed/square-views.js'
import { align } from './align-features.js'
import type { CrossFit } from './fit-cross-fitted.js'

/** Features and logits of rows, each by the network that has not learned from it. */
export interface CrossFittedEmbedder {
  /** Side in pixels of the pictures it takes. */
  readonly side: number
  /** Parts it computes at a time. */
  readonly numAtOnce: number
  /**
   * Train rows go through the model of their fold, all others through the main model.
   *
   * @param rows - Ids and sources of the rows.
   * @param pixels - RGB bytes of the rows, `[numRows, side, side, 3]`.
   */
  run(
    rows: Pick<Rows, 'ids' | 'sourceIds'>,
    pixels: Uint8Array,
  ): Promise<{ readonly features: Float32Array; readonly logits: Float32Array }>
  close(): Promise<void>
}

/** Opens the main model, and the folds' models when their first row comes: those on one thread, since many are open at a time. */
export async function openCrossFitted(
  model: Model,
  crossFit: CrossFit | undefined,
  tta: TtaMode,
  ctx: Pick<OperationContext, 'engine' | 'threads' | 'log'>,
): Promise<CrossFittedEmbedder> {
  const open = ({ graph, weights, preprocessing }: Model, threads: number): Promise<Embedder> =>
    openEmbedder(
      { graph, weights, preprocessing },
      { outputs: [graph.featureNode, graph.logitsNode!], tta },
      { ...ctx, threads },
    )
  const main = await open(model, ctx.threads)
  const opened = new Map<number, Promise<Embedder>>()
  const foldOf = new Map(crossFit?.rows.map(({ id, sourceId, fold }) => [`${id}\u0000${sourceId}`, fold]))
  const { featureWidth } = model.graph
  const numClasses = model.classNames.length
  const length = main.side * main.side * 3

  const runFold = async (fold: number, pixels: Uint8Array): Promise<readonly [Float32Array, Float32Array]> => {
    if (fold < 0) {
      const [features, logits] = await main.run(pixels)
      return [features!, logits!]
    }
    const { model: own, alignment } = crossFit!.folds[fold]!
    const opening = opened.get(fold) ?? open(own, 1)
    opened.set(fold, opening)
    const [features, logits] = await (await opening).run(pixels)
    return [alignment === undefined ? features! : align(alignment, features!), logits!]
  }

  return {
    side: main.side,
    numAtOnce: main.numAtOnce,
    run: async ({ ids, sourceIds }, pixels) => {
      const folds = ids.map((id, i) => foldOf.get(`${id}\u0000${sourceIds[i]!}`) ?? -1)
      const features = new Float32Array(ids.length * featureWidth)
      const logits = new Float32Array(ids.length * numClasses)
      for (const fold of [...new Set(folds)].sort((a, b) => a - b)) {
        const rows = folds.flatMap((of, i) => (of === fold ? [i] : []))
        const own = new Uint8Array(rows.length * length)
        rows.forEach((row, i) => {
          own.set(pixels.subarray(row * length, (row + 1) * length), i * length)
        })
        const [values, scores] = await runFold(fold, own)
        rows.forEach((row, i) => {
          features.set(values.subarray(i * featureWidth, (i + 1) * featureWidth), row * featureWidth)
          logits.set(scores.subarray(i * numClasses, (i + 1) * numClasses), row * numClasses)
        })
      }
      return { features, logits }
    },
    close: async () => {
      await main.close()
      for (const one of await Promise.allSettled(opened.values()))
        if (one.status === 'fulfilled') await one.value.close()
    },
  }
}
