import type { OperationContext } from '@etsef/plugin-api'
import { openFrozenNetwork, preprocess, type FrozenNetworkOptions, type Model } from '@etsef/nn'
import { numViews, squareView, type TtaMode } from './square-views.js'

/** A frozen network from RGB bytes to values of its nodes. */
export interface Embedder {
  /** Side in pixels of the pictures it takes. */
  readonly side: number
  /** Parts it computes at a time: `run` may be called so often before the first is done. */
  readonly numAtOnce: number
  /**
   * Values of each output, averaged over the views of a picture; batch first, fresh arrays.
   *
   * @param pixels - RGB bytes `[numPictures, side, side, 3]`.
   */
  run(pixels: Uint8Array): Promise<readonly Float32Array[]>
  close(): Promise<void>
}

/** Options of {@link openEmbedder}. */
export interface EmbedderOptions extends Pick<FrozenNetworkOptions, 'outputs' | 'runner'> {
  /** Views of a picture that are averaged. */
  readonly tta: TtaMode
}

/** Opens a network on the fastest runner that computes it correctly here. */
export async function openEmbedder(
  { graph, weights, preprocessing }: Pick<Model, 'graph' | 'weights' | 'preprocessing'>,
  { tta, ...options }: EmbedderOptions,
  ctx: Pick<OperationContext, 'engine' | 'threads' | 'log'>,
): Promise<Embedder> {
  const network = await openFrozenNetwork(graph, weights, {
    ...options,
    engine: engineOf(ctx),
    threads: ctx.threads,
    log: (line) => {
      ctx.log('warn', line)
    },
  })
  const side = graph.inputShape[0]
  const runView = (pixels: Uint8Array, view: number): Promise<readonly Float32Array[]> =>
    network.run(preprocess(squareView(pixels, side, tta, view), preprocessing), pixels.length / (side * side * 3))
  return {
    side,
    numAtOnce: network.numAtOnce,
    run: async (pixels) => {
      if (pixels.length === 0) return options.outputs.map(() => new Float32Array(0))
      const first = await runView(pixels, 0)
      const count = numViews(tta)
      if (count === 1) return first
      // Sums in float64, so that equal views average to themselves.
      const sums = first.map((values) => Float64Array.from(values))
      for (let view = 1; view < count; view++) {
        const values = await runView(pixels, view)
        sums.forEach((sum, output) => {
          values[output]!.forEach((value, i) => (sum[i]! += value))
        })
      }
      return sums.map((sum) => Float32Array.from(sum, (value) => value / count))
    },
    close: () => network.dispose(),
  }
}

/** Engine granted to the stage. */
export function engineOf(ctx: Pick<OperationContext, 'engine'>): 'auto' | 'tensorflow' | 'wasm' {
  return ctx.engine === 'tensorflow' || ctx.engine === 'wasm' ? ctx.engine : 'auto'
}
