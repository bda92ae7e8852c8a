import { isRowKind, rowsPerBatch, streamBound, type Spec } from '@etsef/plugin-api'
import type { Stage, StageInput } from './stages.js'

/** What may wait at an input that is read as a stream: batches handed out and not yet released. */
export interface InputBound {
  readonly input: string
  readonly batches: number
  readonly rows: number
  /** Of the numbers in them; undefined where planning does not know how many a row has. */
  readonly bytes: number | undefined
}

const bytesPerNumber = { features: 4, predictions: 8 }

/**
 * The bounds of the streams that a stage reads: none for a map or what is applied, which are handed one batch at a time.
 *
 * @param specOf - What planning knows of an input.
 */
export function streamBounds(
  { inputs, part }: Pick<Stage, 'inputs' | 'part'>,
  kind: string,
  specOf: (input: StageInput) => Spec | undefined,
): readonly InputBound[] {
  if (kind === 'map' || part === 'apply') return []
  return inputs
    .filter((input) => isRowKind(input.kind))
    .map((input) => {
      const rowBytes = bytesPerRow(input, specOf(input))
      const perBatch = rowBytes === undefined ? undefined : rowBytes * rowsPerBatch
      const batches =
        perBatch === undefined
          ? streamBound.batches
          : Math.max(1, Math.min(streamBound.batches, Math.ceil(streamBound.bytes / Math.max(1, perBatch))))
      return {
        input: input.name,
        batches,
        rows: batches * rowsPerBatch,
        bytes: perBatch === undefined ? undefined : batches * perBatch,
      }
    })
}

function bytesPerRow({ kind }: StageInput, spec: Spec | undefined): number | undefined {
  // Pictures are decoded when they are asked for: what waits is their names.
  if (kind === 'images') return 0
  if (kind === 'features' && spec?.numFeatures !== undefined) return spec.numFeatures * bytesPerNumber.features
  if (kind === 'predictions' && spec?.classNames) return spec.classNames.length * bytesPerNumber.predictions
  return undefined
}
