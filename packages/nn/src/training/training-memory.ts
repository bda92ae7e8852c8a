// Plain figures, so that a manifest may import them (`@etsef/nn/training-memory`): planning loads no tensor engine.

/** What training a network takes; a test compares it with `estimateMemory`, which needs the network's graph. */
export interface TrainingCost {
  /** Weights, gradients, moments and copies, in MB. */
  readonly weightMb: number
  /** Bytes on the tape per input pixel and picture, of each stage from the stem on. */
  readonly tape: readonly number[]
  /** Bytes per input pixel and picture of running the frozen part. */
  readonly inference: number
}

/** Costs of the catalogue's networks at width 1. */
export const trainingCosts: Readonly<Record<string, TrainingCost>> = {
  resnet18: { weightMb: 331, tape: [499, 538, 307, 154, 77], inference: 256 },
  resnet34: { weightMb: 630, tape: [499, 806, 576, 422, 110], inference: 256 },
  resnet50: { weightMb: 697, tape: [499, 2842, 2016, 1430, 399], inference: 256 },
  resnet101: { weightMb: 1260, tape: [499, 2842, 2016, 5021, 399], inference: 256 },
  xception: { weightMb: 617, tape: [674, 2232, 1204, 3765, 436], inference: 495 },
  inceptionResnetV2: { weightMb: 1606, tape: [1408, 3075, 4508, 907, 32], inference: 248 },
  mobilenetV1: { weightMb: 95, tape: [165, 495, 578, 289, 475, 72], inference: 256 },
  mobilenetV2: { weightMb: 67, tape: [165, 220, 1042, 507, 550, 187, 26], inference: 384 },
  mobilenetV3Large: { weightMb: 89, tape: [83, 165, 650, 339, 444, 172, 19], inference: 256 },
  mobilenetV3Small: { weightMb: 28, tape: [83, 41, 186, 197, 91, 12], inference: 72 },
  efficientnetB0: { weightMb: 120, tape: [165, 275, 1146, 450, 302, 368, 251, 59, 26], inference: 384 },
  efficientnetB1: { weightMb: 194, tape: [165, 468, 1610, 644, 398, 504, 344, 178, 30], inference: 384 },
  efficientnetB2: { weightMb: 230, tape: [165, 468, 1610, 739, 485, 593, 401, 209, 35], inference: 384 },
  efficientnetB3: { weightMb: 319, tape: [206, 647, 2257, 820, 610, 795, 497, 213, 35], inference: 576 },
  efficientnetV2S: { weightMb: 601, tape: [124, 330, 1094, 385, 651, 1702, 1193, 26], inference: 192 },
}

/** A process that has loaded the engine. */
const engineMb = 382
/** Pictures that the frozen part, and validation, runs on at a time. */
const inferenceBatch = 32
/** Most that pictures take which are resized when they are decoded. */
const pixelsMb = 1430
/** Most that pictures take which are kept as they were decoded, and what one takes that nothing is known of. */
const originalsMb = 477
const originalMb = 0.75

/** What {@link trainingMemoryMb} is told of the options. */
export interface TrainingSize {
  /** Pictures on the tape at a time, times `accumulate`. */
  readonly batchSize: number
  readonly accumulate?: number
  readonly inputSize: number | null
  readonly freeze?: string
  /** Views are cut from pictures as they were decoded. */
  readonly keepsOriginals?: boolean
}

/**
 * Megabytes of a training stage at its peak, within 25 % of what was measured for ten of the networks; too many for a narrower or cut one.
 * Of a network that is not known while planning it takes the middle of the catalogue.
 */
export function trainingMemoryMb(
  { batchSize, accumulate = 1, inputSize, freeze = 'none', keepsOriginals = false }: TrainingSize,
  inputs: {
    readonly init: { readonly architecture?: string | undefined; readonly inputShape?: readonly number[] | undefined }
    readonly images: { readonly numSamples?: number | undefined; readonly isRandom?: boolean | undefined }
  },
): number {
  const cost = trainingCosts[inputs.init.architecture ?? ''] ?? { weightMb: 300, tape: [4000], inference: 400 }
  const side = inputSize ?? inputs.init.inputShape?.[0] ?? 224
  const first = freeze === 'none' ? 0 : freeze === 'stem' ? 1 : Number(/^stage(\d+)$/.exec(freeze)?.[1] ?? Infinity) + 1
  const learning = cost.tape.slice(first).reduce((sum, bytes) => sum + bytes, 0) * Math.ceil(batchSize / accumulate)
  const perPixel = Math.max(learning, cost.inference * inferenceBatch)
  const numSamples = inputs.images.numSamples ?? 1000
  const resized = Math.min(pixelsMb, (numSamples * side ** 2 * 3) / 2 ** 20)
  const originals = Math.min(originalsMb, numSamples * originalMb)
  const { isRandom = false } = inputs.images
  // Random views are cut from originals that the runner keeps, beside the resized pictures.
  const pixels = isRandom ? originals + resized : keepsOriginals ? originals : resized
  return Math.round(engineMb + cost.weightMb + (perPixel * side ** 2) / 2 ** 20 + pixels)
}
