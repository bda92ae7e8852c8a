import { buildArchitecture, initWeights, withHead, type Graph, type LabelledSource, type Weights } from '@etsef/nn'
import { createRng } from '@etsef/plugin-api'

/** Side of the pictures of {@link tinyExamples}. */
export const tinySize = 32

/** A MobileNetV2 of width 0.35 on 32 × 32 pictures, with logits for three classes. */
export function tinyNetwork(seed = 11): { readonly graph: Graph; readonly weights: Weights } {
  const graph = withHead(buildArchitecture('mobilenetV2', { inputSize: tinySize, width: 0.35 }), { numClasses: 3 })
  return { graph, weights: initWeights(graph, seed) }
}

/** Noise with a square whose colour tells the class, as network input. */
export function tinyExamples(numSamples: number, seed: string): LabelledSource {
  const rng = createRng(seed)
  const length = tinySize * tinySize * 3
  const pixels = Float32Array.from({ length: numSamples * length }, () => rng.uniform(-0.5, 0.5))
  const labels = Int32Array.from({ length: numSamples }, (_, i) => i % 3)
  labels.forEach((label, i) => {
    for (let y = 10; y < 22; y++)
      for (let x = 10; x < 22; x++) pixels[i * length + (y * tinySize + x) * 3 + label]! += 2
  })
  return {
    size: numSamples,
    labels,
    read: (indices) => {
      const batch = new Float32Array(indices.length * length)
      indices.forEach((from, to) => batch.set(pixels.subarray(from * length, (from + 1) * length), to * length))
      return batch
    },
  }
}
