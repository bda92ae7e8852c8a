import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PipelineError } from '@etsef/plugin-api'
import { decodeState, encodeState } from '@etsef/plugin-api/models'
import { matrix, type Matrix } from '../numeric/linear-algebra/matrix.js'
import { loadChain, type ChainOptions, type ChainState } from './chain.js'
import type { Trial } from './search.js'

/** A classifier, with its steps, refitted with the options that won, and how they won. */
export interface TunedModel {
  readonly classifier: string
  readonly steps: readonly string[]
  /** All options of the winner, defaults included. */
  readonly options: ChainOptions
  /** The results table. */
  readonly trials: readonly Trial[]
  readonly state: ChainState
  /** Scores of the training rows from folds that had not seen them; `undefined` when not wanted. */
  readonly outOfFold: OutOfFold | undefined
}

/** Scores of training rows. A row is known again by its id and its image: ids alone may be file names of another folder. */
interface OutOfFold {
  readonly ids: readonly string[]
  readonly sourceIds: readonly string[]
  /** `[numSamples, numClasses]`. */
  readonly scores: Matrix
}

/**
 * Writes the classifier's own files, as if it had been fitted alone, beside `tuning.json` and `tuning.bin`; each step's
 * files in a folder `step-<number>`.
 */
export async function saveTuned(model: TunedModel, dir: string): Promise<void> {
  const { classifier, steps, options, trials, state, outOfFold } = model
  const chain = await loadChain(steps, classifier)
  await chain.classifier.code.save(state.classifier, dir)
  for (const [index, { code }] of chain.steps.entries()) {
    await mkdir(stepDir(dir, index))
    await code.save(state.steps[index], stepDir(dir, index))
  }
  const { json, bytes } = encodeState({ kind: 'tuning', classifier, steps, options, trials, outOfFold })
  await writeFile(join(dir, 'tuning.json'), json)
  await writeFile(join(dir, 'tuning.bin'), bytes)
}

/**
 * Reads what `saveTuned` wrote.
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
  const { classifier, steps, options, trials, outOfFold } = found as unknown as Omit<TunedModel, 'state'>
  const chain = await loadChain(steps, classifier)
  const state: ChainState = {
    steps: await Promise.all(chain.steps.map(({ code }, index) => code.load(stepDir(dir, index)))),
    classifier: await chain.classifier.code.load(dir),
  }
  const scores = outOfFold && {
    ids: outOfFold.ids,
    sourceIds: outOfFold.sourceIds,
    scores: matrix(outOfFold.scores.numSamples, outOfFold.scores.numFeatures, outOfFold.scores.data),
  }
  return { classifier, steps, options, trials, state, outOfFold: scores }
}

function stepDir(dir: string, index: number): string {
  return join(dir, `step-${index}`)
}
