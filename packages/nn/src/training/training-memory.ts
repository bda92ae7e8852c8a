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
  resnet18: { weightMb: 331, tape: [218, 235, 134, 67, 34], inference: 256 },
  resnet34: { weightMb: 630, tape: [218, 353, 252, 185, 48], inference: 256 },
  resnet50: { weightMb: 697, tape: [218, 1243, 882, 626, 175], inference: 256 },
  resnet101: { weightMb: 1260, tape: [218, 1243, 882, 2197, 175], inference: 256 },
  xception: { weightMb: 617, tape: [295, 977, 527, 1647, 191], inference: 495 },
  inceptionResnetV2: { weightMb: 1606, tape: [616, 1345, 1972, 397, 14], inference: 248 },
  mobilenetV1: { weightMb: 95, tape: [83, 250, 292, 146, 240, 36], inference: 256 },
  mobilenetV2: { weightMb: 67, tape: [83, 111, 527, 256, 278, 95, 13], inference: 384 },
  mobilenetV3Large: { weightMb: 89, tape: [42, 83, 329, 171, 225, 87, 10], inference: 256 },
  mobilenetV3Small: { weightMb: 28, tape: [42, 21, 94, 100, 46, 6], inference: 72 },
  efficientnetB0: { weightMb: 120, tape: [83, 139, 580, 228, 153, 186, 127, 30, 13], inference: 384 },
  efficientnetB1: { weightMb: 194, tape: [83, 237, 814, 326, 201, 255, 174, 90, 15], inference: 384 },
  efficientnetB2: { weightMb: 230, tape: [83, 237, 814, 374, 245, 300, 203, 106, 18], inference: 384 },
  efficientnetB3: { weightMb: 319, tape: [104, 327, 1142, 415, 309, 402, 251, 108, 18], inference: 576 },
  efficientnetV2S: { weightMb: 601, tape: [63, 167, 553, 195, 329, 861, 603, 13], inference: 192 },
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
  const cost = trainingCosts[inputs.init.architecture ?? ''] ?? { weightMb: 300, tape: [2000], inference: 400 }
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
