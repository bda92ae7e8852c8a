import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PipelineError } from '../errors.js'
import { decodeState } from './encode-state.js'
import { checkTrees, type FlatTrees, type TreeEnsemble } from './tree-ensemble.js'

/**
 * The tree ensemble of a model directory: `model.json` and `model.bin`, kind `xgboost` or `random-forest`, as the README describes.
 *
 * @throws PipelineError `ERR_CORRUPT_ARTIFACT` for files that are missing or broken, `ERR_BAD_DATA` for a model that is not
 *   made of trees.
 */
export async function readTreeEnsemble(dir: string): Promise<TreeEnsemble> {
  const [json, bytes] = await Promise.all([
    readFile(join(dir, 'model.json'), 'utf8'),
    readFile(join(dir, 'model.bin')),
  ]).catch((cause: unknown) => {
    throw notTrees('a directory without model.json and model.bin', cause)
  })
  const state = record(decodeState({ json, bytes }))
  const kind = state['kind']
  if (kind !== 'xgboost' && kind !== 'random-forest') throw notTrees(String(kind))
  const model = record(state['model'])
  const featureNames = strings(state['featureNames'])
  const trees = treesOf(record(model['trees']))
  const numClasses = count(model['numClasses'])
  const shared = { kind, featureNames, trees, numClasses }
  const ensemble: TreeEnsemble =
    kind === 'xgboost' ? boosted(model, shared) : forest(record(model['leafValues']), shared)
  if (count(model['numFeatures']) !== featureNames.length) throw broken('numFeatures')
  checkTrees(trees, featureNames.length, ensemble.leafValues.length / ensemble.leafWidth)
  return ensemble
}

type Shared = Pick<TreeEnsemble, 'featureNames' | 'trees' | 'numClasses'>

function boosted(model: Fields, shared: Shared): TreeEnsemble {
  const present = numbers(model['present'], Int32Array)
  const isBinary = model['objective'] === 'binary'
  const base = model['baseMargin']
  if (present.length < 2 || present.some((label) => label < 0 || label >= shared.numClasses)) throw broken('present')
  if (typeof base !== 'number' || (!isBinary && model['objective'] !== 'softmax')) throw broken('objective')
  return {
    ...shared,
    kind: 'xgboost',
    leafValues: Float64Array.from(numbers(model['leafValues'], Float32Array)),
    leafWidth: 1,
    numOutputs: isBinary ? 1 : present.length,
    base,
    equalGoesLeft: false,
    classes: isBinary ? present.slice(1, 2) : present,
    ...(isBinary && { opposite: present[0]! }),
    unit: 'margin',
  }
}

function forest(leaves: Fields, shared: Shared): TreeEnsemble {
  const { numClasses } = shared
  const numTrees = shared.trees.roots.length
  const shares = numbers(leaves['data'], Float64Array)
  if (shares.length % numClasses !== 0) throw broken('leafValues')
  return {
    ...shared,
    kind: 'random-forest',
    leafValues: shares.map((share) => share / numTrees),
    leafWidth: numClasses,
    numOutputs: numClasses,
    base: 0,
    equalGoesLeft: true,
    classes: Int32Array.from({ length: numClasses }, (_, k) => k),
    unit: 'probability',
  }
}

function treesOf(fields: Fields): FlatTrees {
  return {
    roots: numbers(fields['roots'], Int32Array),
    features: numbers(fields['features'], Int32Array),
    thresholds: numbers(fields['thresholds'], Float64Array),
    lefts: numbers(fields['lefts'], Int32Array),
    rights: numbers(fields['rights'], Int32Array),
  }
}

type Fields = Readonly<Record<string, unknown>>

function record(value: unknown): Fields {
  if (typeof value !== 'object' || value === null) throw broken('an object')
  return value as Fields
}

function numbers<A>(value: unknown, type: new (length: number) => A): A {
  if (value instanceof type) return value
  throw broken(`a ${type.name}`)
}

function strings(value: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) return value
  throw broken('featureNames')
}

function count(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value
  throw broken('a count')
}

function broken(what: string): PipelineError {
  return new PipelineError('ERR_CORRUPT_ARTIFACT', {
    message: 'The saved model is not as a tree model is saved',
    expected: what,
  })
}

function notTrees(received: string, cause?: unknown): PipelineError {
  return new PipelineError('ERR_BAD_DATA', {
    message: 'The model is not made of trees',
    port: 'model',
    expected: 'the model of ensemble/xgboost or ensemble/random-forest',
    received,
    ...(cause === undefined ? {} : { cause }),
  })
}
