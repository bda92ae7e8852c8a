import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PipelineError, type JsonObject } from '@etsef/plugin-api'
import { matrix, type Matrix } from '../linear-algebra/matrix.js'
import { decodeState, encodeState } from '../state/encode-state.js'
import { loadClassifier } from './classifier-code.js'
import type { Trial } from './search.js'
import { classifierOperation } from './tune-options.js'

/** A classifier refitted with the options that won, and how they won. */
export interface TunedModel {
  readonly classifier: string
  /** All options of the winner, defaults included. */
  readonly options: JsonObject
  /** The results table. */
  readonly trials: readonly Trial[]
  /** State of the classifier. */
  readonly state: unknown
  /** Training rows by id, and their scores from folds that had not seen them; `undefined` when not wanted. */
  readonly outOfFold: { readonly ids: readonly string[]; readonly scores: Matrix } | undefined
}

/** Writes the classifier's own files, as if it had been fitted alone, beside `tuning.json` and `tuning.bin`. */
export async function saveTuned(model: TunedModel, dir: string): Promise<void> {
  const code = await loadClassifier(classifierOperation(model.classifier))
  await code.save(model.state, dir)
  const { classifier, options, trials, outOfFold } = model
  const { json, bytes } = encodeState({ kind: 'tuning', classifier, options, trials, outOfFold })
  await writeFile(join(dir, 'tuning.json'), json)
  await writeFile(join(dir, 'tuning.bin'), bytes)
}

/**
 * Reads what {@link saveTuned} wrote.
 *
 * @throws PipelineError `ERR_CORRUPT_ARTIFACT`.
 */
export async function loadTuned(dir: string): Promise<TunedModel> {
  const [json, bytes] = await Promise.all([
    readFile(join(dir, 'tuning.json'), 'utf8'),
    readFile(join(dir, 'tuning.bin')),
  ]).catch((cause: unknown) => {
    throw new PipelineError('ERR_CORRUPT_ARTIFACT', { message: `No tuned model in ${dir}`, cause })
  })
  const found = decodeState({ json, bytes })
  if (typeof found !== 'object' || found === null || !('kind' in found) || found.kind !== 'tuning') {
    throw new PipelineError('ERR_CORRUPT_ARTIFACT', { message: `The model in ${dir} is not a tuned classifier` })
  }
  // The kind is checked here, and the runner has checked that the bytes are those `saveTuned` wrote.
  const { classifier, options, trials, outOfFold } = found as unknown as Omit<TunedModel, 'state'>
  const code = await loadClassifier(classifierOperation(classifier))
  const state = await code.load(dir)
  if (!outOfFold) return { classifier, options, trials, state, outOfFold: undefined }
  const { numSamples, numFeatures, data } = outOfFold.scores
  return {
    classifier,
    options,
    trials,
    state,
    outOfFold: { ids: outOfFold.ids, scores: matrix(numSamples, numFeatures, data) },
  }
}
