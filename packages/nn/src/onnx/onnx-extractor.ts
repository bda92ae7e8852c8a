import type { InferenceSession, Tensor } from 'onnxruntime-node'
import { sizeOf } from '../graph/parameters.js'
import { loadOnnxRuntime } from './load-onnx-runtime.js'
import { sessionOptions } from './session-options.js'
import { badWeights, misuse, wrongBatch } from '../errors.js'

/** Settings of {@link OnnxExtractor.create}. */
export interface OnnxOptions {
  /** Threads inside an operator; default 1. Results are repeatable for a given number. */
  readonly threads?: number
  /** Execution providers, most wanted first; default `['cpu']`. CUDA needs ONNX Runtime's own CUDA library. */
  readonly providers?: readonly ('cpu' | 'cuda')[]
  /** Input shape without the batch axis, in the file's own axis order, for files that leave it open. */
  readonly inputShape?: readonly number[]
}

/** Outputs of a frozen network on ONNX Runtime. Sessions hold native memory: call {@link OnnxExtractor.dispose}. */
export class OnnxExtractor {
  readonly #session: InferenceSession
  readonly #makeTensor: (data: Float32Array, shape: readonly number[]) => Tensor
  readonly #inputShape: readonly number[]

  private constructor(
    session: InferenceSession,
    makeTensor: (data: Float32Array, shape: readonly number[]) => Tensor,
    inputShape: readonly number[] | undefined,
  ) {
    this.#session = session
    this.#makeTensor = makeTensor
    const input = session.inputMetadata[0]
    if (session.inputNames.length !== 1 || input === undefined || !input.isTensor)
      throw badWeights('the ONNX network must have one input, a tensor', { received: session.inputNames.join(', ') })
    this.#inputShape = inputShape ?? input.shape.slice(1).map(Number)
    if (!this.#inputShape.every((length) => Number.isSafeInteger(length) && length > 0)) {
      throw badWeights(`the ONNX network leaves its input open ([${input.shape.join(', ')}]): give inputShape`)
    }
  }

  /**
   * A session for an ONNX file's bytes (our {@link exportOnnx}, or a user's own with one float32 input).
   *
   * @throws Error when onnxruntime-node cannot load on this machine, or refuses the file.
   */
  static async create(onnx: Uint8Array, options: OnnxOptions = {}): Promise<OnnxExtractor> {
    const { threads = 1, providers = ['cpu'] } = options
    const ort = loadOnnxRuntime()
    const session = await ort.InferenceSession.create(onnx, sessionOptions({ threads, providers }))
    return new OnnxExtractor(session, (data, shape) => new ort.Tensor('float32', data, shape), options.inputShape)
  }

  /** Input shape without the batch axis, in the file's own axis order: our exports are `[height, width, channels]`. */
  get inputShape(): readonly number[] {
    return this.#inputShape
  }

  /** Names of the outputs, in the file's order. */
  get outputNames(): readonly string[] {
    return this.#session.outputNames
  }

  /**
   * All outputs for a batch.
   *
   * @param batch - Preprocessed pictures, float32 `[numImages, height, width, channels]` (or whatever layout the file takes).
   * @returns One array per output, batch first; each is a fresh copy.
   */
  async run(batch: Float32Array, numImages: number): Promise<readonly Float32Array[]> {
    const shape = [numImages, ...this.#inputShape]
    if (batch.length !== sizeOf(shape)) throw wrongBatch(shape, batch.length)
    const results = await this.#session.run({ [this.#session.inputNames[0]!]: this.#makeTensor(batch, shape) })
    return this.#session.outputNames.map((name) => {
      const output = results[name]!
      if (!(output.data instanceof Float32Array))
        throw badWeights(`output "${name}" of the ONNX network is not float32`)
      const copy = output.data.slice()
      output.dispose()
      return copy
    })
  }

  /** The first output for a batch, `[numImages, featureWidth]`. */
  async extract(batch: Float32Array, numImages: number): Promise<Float32Array> {
    return (await this.run(batch, numImages))[0]!
  }

  /** Frees the session. */
  async dispose(): Promise<void> {
    await this.#session.release()
  }
}

/** Pictures `[numImages, height, width, channels]` as `[numImages, channels, height, width]`, for networks exported from PyTorch. */
export function nhwcToNchw(batch: Float32Array, numImages: number, channels: number): Float32Array {
  const pixels = batch.length / (numImages * channels)
  if (!Number.isInteger(pixels))
    throw misuse(`${batch.length} values are not ${numImages} pictures of ${channels} channels`)
  const out = new Float32Array(batch.length)
  let from = 0
  for (let image = 0; image < numImages; image++) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      for (let c = 0; c < channels; c++) out[(image * channels + c) * pixels + pixel] = batch[from++]!
    }
  }
  return out
}
