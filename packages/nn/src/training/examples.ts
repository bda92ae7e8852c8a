import type { Rng } from '@etsef/plugin-api'
import type { Tensor } from '@tensorflow/tfjs-core'
import type { GraphModel } from '../run/graph-model.js'

/** Examples as the training loop reads them. */
export interface ExampleSource {
  readonly size: number
  /**
   * Network input of some examples, row-major `[indices.length, height, width, channels]`, preprocessed.
   *
   * @param rng - Given while learning: draws random augmentations.
   */
  read(indices: readonly number[], rng?: Rng): Float32Array | Promise<Float32Array>
  /** True when two reads of an example while learning may differ. */
  readonly isAugmented?: boolean
}

/** Labelled examples. */
export interface LabelledSource extends ExampleSource {
  /** Class index per example. */
  readonly labels: Int32Array
}

/** Values of the frozen part's last nodes, by example. */
export interface BoundarySource {
  /** Feeds for {@link GraphModel.evaluate}; the caller disposes them. */
  read(indices: readonly number[], rng?: Rng): Promise<Map<string, Tensor>>
}

/**
 * What the learning part of a network reads, by example. The frozen part is run once per example and its values are kept when
 * they fit `limitMb` and examples do not change between epochs; else it runs in inference mode at every read.
 */
export async function openBoundary(
  model: GraphModel,
  source: ExampleSource,
  boundary: readonly string[],
  options: {
    readonly batchSize: number
    readonly limitMb: number
    readonly shapes: ReadonlyMap<string, readonly number[]>
  },
): Promise<BoundarySource> {
  const { tf } = model.engine
  const readFresh = async (indices: readonly number[], rng?: Rng): Promise<Map<string, Tensor>> => {
    const pixels = await source.read(indices, rng)
    const input = tf.tensor(pixels, [indices.length, ...model.graph.inputShape])
    if (boundary.length === 1 && boundary[0] === 'input') return new Map([['input', input]])
    const values = model.evaluate(new Map([['input', input]]), boundary)
    input.dispose()
    return new Map(boundary.map((name, i) => [name, values[i]!]))
  }
  const widths = boundary.map((name) => options.shapes.get(name)!.reduce((a, b) => a * b, 1))
  const megabytes = (source.size * widths.reduce((a, b) => a + b, 0) * 4) / 2 ** 20
  const isFrozen = boundary.some((name) => name !== 'input')
  if (!isFrozen || source.isAugmented === true || megabytes > options.limitMb) return { read: readFresh }

  const kept = widths.map((width) => new Float32Array(source.size * width))
  for (let start = 0; start < source.size; start += options.batchSize) {
    const indices = range(start, Math.min(source.size, start + options.batchSize))
    const values = await readFresh(indices)
    for (const [i, name] of boundary.entries()) {
      kept[i]!.set(values.get(name)!.dataSync<'float32'>(), start * widths[i]!)
      values.get(name)!.dispose()
    }
  }
  return {
    read: (indices) =>
      Promise.resolve(
        new Map(
          boundary.map((name, i): [string, Tensor] => {
            const width = widths[i]!
            const rows = new Float32Array(indices.length * width)
            for (const [to, from] of indices.entries()) {
              rows.set(kept[i]!.subarray(from * width, (from + 1) * width), to * width)
            }
            return [name, tf.tensor(rows, [indices.length, ...options.shapes.get(name)!])]
          }),
        ),
      ),
  }
}

/** Integers from `start` to `end` − 1. */
export function range(start: number, end: number): number[] {
  return Array.from({ length: Math.max(0, end - start) }, (_, i) => start + i)
}

/** Lets timers, signals and prefetching run between steps. @throws the reason of an aborted signal. */
export async function nextTurn(signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve))
  signal?.throwIfAborted()
}
