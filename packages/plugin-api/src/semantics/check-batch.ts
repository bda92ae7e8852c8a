import { canonicalJson } from '../json.js'
import type { AttributionBatch } from '../payload/attributions.js'
import type { FeatureBatch } from '../payload/features.js'
import type { ImageRows } from '../payload/images.js'
import type { PredictionBatch } from '../payload/predictions.js'
import { sizeOf, type TensorBatch } from '../payload/tensors.js'
import type { RowKind } from '../port.js'
import { list, numbers, refusal, textOf, texts } from './check-arrays.js'
import type { GivenBatch } from './given-batch.js'

/** What a batch must be. */
export interface ExpectedBatch {
  readonly kind: RowKind
  /** The class list of the rows, where the operation's inputs give it; the batch may have no other. */
  readonly classNames?: readonly string[] | undefined
  /** How messages call the output, with the operation: `Output "scores" of ensemble/vote`. */
  readonly what: string
}

/** How messages call an output: with the operation that gave it. */
export function outputOf(type: string, port: string): string {
  return `Output "${port}" of ${type}`
}

/** How far a row of probabilities may be from 1: sums of 32-bit numbers over many classes pass, a forgotten class does not. */
const sumTolerance = 1e-4

/**
 * Checks a batch where the operation hands it over: kind, types of arrays, lengths, numbers and their ranges. Whatever is stored went
 * through here, every batch of it; nothing is converted.
 *
 * @throws PipelineError `ERR_BAD_DATA` for the wrong form, `ERR_NOT_FINITE` for NaN and infinity, `ERR_CLASS_LIST` for other classes.
 */
export function checkBatch(given: GivenBatch, { kind, classNames, what }: ExpectedBatch): void {
  // Plugins may be plain JavaScript: the type is only what they should give.
  const batch = given as { readonly kind?: unknown } | null | undefined
  if (typeof batch !== 'object' || batch?.kind !== kind)
    throw refusal(
      what,
      'is a batch of the wrong kind',
      kind,
      batch === null ? 'null' : textOf(batch?.kind ?? typeof batch),
    )
  texts(given.ids, 'ids', undefined, what)
  const empty = given.ids.indexOf('')
  if (empty >= 0) throw refusal(what, `has no id for row ${String(empty)}`, 'an id for every row')
  texts(given.classNames, 'classNames', undefined, what)
  if (classNames && !sameTexts(given.classNames, classNames))
    throw refusal(what, 'has another class list than its rows', classNames.join(', '), given.classNames.join(', '), {
      code: 'ERR_CLASS_LIST',
      hint: 'scores are in the order of the class list of the input: hand `classNames` on as it came',
    })
  if (given.kind === 'images') checkImages(given, what)
  else if (given.kind === 'features') checkFeatures(given, what)
  else if (given.kind === 'predictions') checkPredictions(given, what)
  else if (given.kind === 'attributions') checkAttributions(given, what)
  else checkTensors(given, what)
}

function checkImages(given: ImageRows, what: string): void {
  const numSamples = given.ids.length
  texts(given.uris, 'uris', numSamples, what)
  if (given.parentIds) texts(given.parentIds, 'parentIds', numSamples, what)
  if (!given.parameters) return
  list(given.parameters, 'parameters', numSamples, what)
  given.parameters.forEach((entry, row) => {
    try {
      canonicalJson(entry ?? null)
    } catch (cause) {
      throw refusal(what, `has parameters of row "${given.ids[row]!}" that JSON cannot hold`, 'plain JSON', undefined, {
        cause,
      })
    }
  })
}

function checkFeatures(given: FeatureBatch, what: string): void {
  texts(given.featureNames, 'featureNames', undefined, what)
  numbers(given.features, 'features', 'Float32Array', given.ids.length * given.featureNames.length, what)
  finite(given.features, given, given.featureNames, what)
}

function checkPredictions(given: PredictionBatch, what: string): void {
  const { ids, classNames, scores, predicted } = given
  const scoreKind: unknown = given.scoreKind
  const numClasses = classNames.length
  numbers(scores, 'scores', 'Float64Array', ids.length * numClasses, what)
  numbers(predicted, 'predicted', 'Int32Array', ids.length, what)
  if (scoreKind !== 'probability' && scoreKind !== 'voteShare' && scoreKind !== 'margin')
    throw refusal(what, 'has scores of an unknown kind', 'probability, voteShare or margin', textOf(scoreKind))
  finite(scores, given, classNames, what)
  const outside = predicted.findIndex((each) => each < -1 || each >= numClasses)
  if (outside >= 0)
    throw refusal(
      what,
      `predicts a class that is not in the list for row "${ids[outside]!}"`,
      `0 to ${String(numClasses - 1)}, or -1 to abstain`,
      String(predicted[outside]),
    )
  if (scoreKind !== 'margin' && numClasses > 0) checkShares(given, what)
}

/** Probabilities and shares of votes: none below 0, together 1. */
function checkShares({ ids, classNames, scores, scoreKind }: PredictionBatch, what: string): void {
  const numClasses = classNames.length
  ids.forEach((id, row) => {
    let [sum, least] = [0, 0]
    for (let at = row * numClasses; at < (row + 1) * numClasses; at++) {
      sum += scores[at]!
      least = Math.min(least, scores[at]!)
    }
    if (Math.abs(sum - 1) <= sumTolerance && least >= -sumTolerance) return
    const received = least < -sumTolerance ? `one of ${String(least)}` : `a sum of ${String(sum)}`
    const shares = scoreKind === 'probability' ? 'probabilities' : 'shares of votes'
    throw refusal(what, `has scores of row "${id}" that are no ${shares}`, 'none below 0, together 1', received, {
      hint: "scores of any other scale are of scoreKind 'margin'",
    })
  })
}

const arrayTypes = { float32: 'Float32Array', int32: 'Int32Array', uint8: 'Uint8Array' } as const

function checkTensors(given: TensorBatch, what: string): void {
  const { ids, shape, data } = given
  checkShape(shape, '[height, width, channels]', what)
  const dtype: unknown = given.dtype
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'uint8')
    throw refusal(what, 'has tensors of an unknown dtype', 'float32, int32 or uint8', textOf(dtype))
  const width = sizeOf(shape)
  numbers(data, 'data', arrayTypes[dtype], ids.length * width, what)
  const names = Array.from({ length: width }, (_, at) => `value ${String(at)}`)
  if (data instanceof Float32Array) finite(data, given, names, what)
}

function checkShape(shape: readonly number[], expected: string, what: string): void {
  list(shape, 'shape', undefined, what)
  if (shape.some((size) => !Number.isInteger(size) || size < 1))
    throw refusal(what, 'has a shape of sizes that are no positive integers', expected, shape.join(', '))
}

function checkAttributions(given: AttributionBatch, what: string): void {
  const { ids, shape, values, targets, empty, additivityResidual, classNames } = given
  checkShape(shape, '[height, width] or [numFeatures]', what)
  const width = sizeOf(shape)
  numbers(values, 'values', 'Float32Array', ids.length * width, what)
  numbers(targets, 'targets', 'Int32Array', ids.length, what)
  numbers(empty, 'empty', 'Uint8Array', ids.length, what)
  numbers(additivityResidual, 'additivityResidual', 'Float64Array', ids.length, what)
  finite(
    values,
    given,
    Array.from({ length: width }, (_, at) => `value ${String(at)}`),
    what,
  )
  const outside = targets.findIndex((each) => each < -1 || each >= classNames.length)
  if (outside >= 0)
    throw refusal(
      what,
      `explains a class that is not in the list for row "${ids[outside]!}"`,
      `0 to ${String(classNames.length - 1)}`,
      String(targets[outside]),
    )
}

function finite(
  values: Float32Array | Float64Array,
  { ids }: { readonly ids: readonly string[] },
  columns: readonly string[],
  what: string,
): void {
  for (let at = 0; at < values.length; at++) {
    if (Number.isFinite(values[at])) continue
    const row = ids[Math.floor(at / columns.length)]!
    throw refusal(
      what,
      `holds ${String(values[at])} in row "${row}", column "${columns[at % columns.length]!}"`,
      'finite numbers',
      String(values[at]),
      { code: 'ERR_NOT_FINITE' },
    )
  }
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((text, at) => text === b[at]))
}
