import {
  PipelineError,
  hiddenLabel,
  pickImages,
  type ImageBatch,
  type PixelImage,
  type PredictionBatch,
  type PredictorValue,
} from '@etsef/plugin-api'
import { answersIn, explainedClass, voteValue, type VoteUnit } from './vote-value.js'

/** Asks a predictor about changed pictures of one row. */
export interface RowAsker {
  /** Class that is explained. */
  readonly target: number
  /** Value for the row itself, under its own name. */
  readonly own: number
  /** Values of changed pictures, in batches. */
  evaluate(this: void, pictures: readonly (() => PixelImage)[]): Promise<Float64Array>
}

/** How {@link askAbout} asks. */
export interface AskOptions {
  readonly unit: VoteUnit
  readonly batchSize: number
  readonly signal: AbortSignal
  /** Class to explain; left out: the answer. */
  readonly target?: number
}

/** The row's own answer, and a way to ask about changes of its picture. */
export async function askAbout(
  predictor: PredictorValue,
  images: ImageBatch,
  row: number,
  { unit, batchSize, signal, target: wanted }: AskOptions,
): Promise<RowAsker> {
  const answer = answersIn(await predictor.apply(pickImages(images, [row])), unit)
  const target = wanted ?? explainedClass(answer, 0)
  return {
    target,
    own: finite(voteValue(answer, 0, target, unit), images.ids[row]!),
    async evaluate(pictures) {
      const values = new Float64Array(pictures.length)
      for (let start = 0; start < pictures.length; start += batchSize) {
        signal.throwIfAborted()
        const some = pictures.slice(start, start + batchSize)
        const rows: PredictionBatch = answersIn(await predictor.apply(changedRows(images, row, some, start)), unit)
        some.forEach((_, i) => {
          values[start + i] = finite(voteValue(rows, i, target, unit), images.ids[row]!)
        })
      }
      return values
    },
  }
}

/** Rows of changed pictures: names of their own, so that nothing fitted takes one for a row that it knows. */
export function changedRows(
  images: ImageBatch,
  row: number,
  pictures: readonly (() => PixelImage)[],
  start: number,
): ImageBatch {
  const ids = pictures.map((_, i) => `${images.ids[row]!} changed ${String(start + i)}`)
  const same = <T>(value: T): T[] => ids.map(() => value)
  return {
    kind: 'images',
    ids,
    sourceIds: same(images.sourceIds[row]!),
    labels: new Int32Array(ids.length).fill(hiddenLabel),
    groups: same(''),
    partitions: same('none' as const),
    classNames: images.classNames,
    uris: same(''),
    parentIds: ids,
    transforms: ids.map(() => []),
    load: (index) => Promise.resolve(pictures[index]!()),
  }
}

function finite(value: number, id: string): number {
  if (Number.isFinite(value)) return value
  throw new PipelineError('ERR_NOT_FINITE', {
    message: `The predictor gives row "${id}" a score that is no number, so there is nothing to explain`,
    port: 'predictor',
    received: String(value),
  })
}
