import {
  nextTurn,
  preprocess,
  replayable,
  type GraphModel,
  type PixelStore,
  type Preprocessing,
  type Tensor,
} from '@etsef/nn'
import { probe, type ProbeScores, type ProbeSet } from './probes.js'

/** What is probed. */
export interface ProbeInput {
  readonly pixels: PixelStore
  readonly preprocessing: Preprocessing
  /** Absent where there is nothing to judge features by. */
  readonly probe?: ProbeSet | undefined
}

/** Probes a network as it is at the time. */
export interface Prober {
  /** Null without a {@link ProbeInput.probe}. */
  probe(this: void, signal: AbortSignal | undefined): Promise<ProbeScores | null>
  dispose(this: void): void
}

/** Pictures at a time. */
const batchSize = 32
/** Network inputs are kept from one probe to the next up to this size. */
const mostKept = 2 ** 27

/** Opens a probe of a network's features. Pictures are read and resized at the first probe, and kept where they are not too large. */
export function openProber(model: GraphModel, { pixels, preprocessing, probe: set }: ProbeInput): Prober {
  const { engine, graph } = model
  const { tf } = engine
  const indices = set?.indices ?? []
  const isKept = 4 * indices.length * graph.inputShape.reduce((product, length) => product * length, 1) <= mostKept
  const kept = new Map<number, Tensor>()
  const inputOf = async (start: number): Promise<Tensor> => {
    const part = indices.slice(start, start + batchSize)
    const values = preprocess(await pixels.read(part), preprocessing)
    const input = tf.tensor(values, [part.length, ...graph.inputShape])
    if (isKept) kept.set(start, tf.keep(input))
    return input
  }
  const featuresOf = replayable(model, (feeds) => model.evaluate(feeds, [graph.featureNode]))
  return {
    probe: async (signal) => {
      if (set === undefined) return null
      const features = new Float32Array(indices.length * graph.featureWidth)
      for (let start = 0; start < indices.length; start += batchSize) {
        await nextTurn(signal)
        const input = kept.get(start) ?? (await inputOf(start))
        const [values] = featuresOf(new Map([['input', input]]))
        features.set(values!.dataSync<'float32'>(), start * graph.featureWidth)
        values!.dispose()
        if (!isKept) input.dispose()
      }
      return probe(features, set)
    },
    dispose: () => {
      for (const input of kept.values()) input.dispose()
    },
  }
}
