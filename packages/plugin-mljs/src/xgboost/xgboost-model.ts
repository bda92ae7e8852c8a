import { PipelineError } from '@etsef/plugin-api'
import { checkWidth, type Labels, type Matrix, matrix } from '@etsef/plugin-api/models'
import { requireQuietly } from './load-quietly.js'
import { presentClasses, spreadClasses } from '../adapter/present-classes.js'

/** The compiled library inside ml-xgboost 1.1.2, below its wrapper. */
interface Xgboost {
  readonly HEAPU8: Uint8Array
  readonly HEAPF32: Float32Array
  _malloc(bytes: number): number
  _free(pointer: number): void
  _create_model(data: number, labels: number, rows: number, columns: number): number
  _free_memory_model(model: number): void
  _train_full_model(model: number, rounds: number): void
  _prediction_size(model: number, row: number, columns: number, out: number): number
  _predict_one(model: number, row: number, columns: number, out: number): number
  _save_model(model: number): number
  _get_file_content(target: number, size: number): void
  _load_model(data: number, size: number): number
  cwrap(name: string, result: null, types: readonly string[]): (model: number, key: string, value: string) => void
}

/** Options of {@link fitMlXgboost}; names as in XGBoost. */
export interface MlXgboostOptions {
  readonly rounds: number
  readonly learningRate: number
  readonly maxDepth: number
  readonly lambda: number
  readonly gamma: number
  readonly minChildWeight: number
}

/** A booster in XGBoost 0.7's binary format. */
export interface MlXgboostModel {
  readonly kind: 'ml-xgboost'
  readonly numFeatures: number
  readonly numClasses: number
  readonly present: Int32Array
  readonly booster: Uint8Array
}

/** The library's memory holds some hundred megabytes; beyond this size training was not tried. */
const mostCells = 6_000_000

/**
 * XGBoost 0.7 as compiled in the npm package ml-xgboost, without the package's wrapper.
 *
 * The wrapper copies data through a stack of 5 MB, which corrupts the library above that size, takes −1 for missing, and
 * samples half of the rows unless told not to. Here data go through the heap, an exact −1 is moved to the float32 number
 * next to it, and every parameter is given. Predictions then equal XGBoost 1.7's `exact`.
 *
 * @throws PipelineError `ERR_TOO_LARGE` above 6 million cells, `ERR_BAD_DATA` when the library gives no model, and as
 * `presentClasses`.
 * @see ml-xgboost 1.1.2. `ensemble/xgboost` gives the same trees faster.
 */
export async function fitMlXgboost(x: Matrix, y: Labels, options: MlXgboostOptions): Promise<MlXgboostModel> {
  const { present, targets } = presentClasses(x, y)
  if (x.data.length > mostCells) {
    throw new PipelineError('ERR_TOO_LARGE', {
      message: `ml-xgboost is not run on ${x.numSamples} × ${x.numFeatures} values`,
      expected: `at most ${mostCells}`,
      received: String(x.data.length),
      hint: 'use ensemble/xgboost',
    })
  }
  const library = await loadLibrary()
  const data = copyIn(library, withoutMinusOne(x.data))
  const labels = copyIn(library, Float32Array.from(targets))
  const model = library._create_model(data, labels, x.numSamples, x.numFeatures)
  const setParameter = library.cwrap('set_param', null, ['number', 'string', 'string'])
  const objective =
    present.length === 2
      ? { objective: 'binary:logistic' }
      : { objective: 'multi:softprob', num_class: String(present.length) }
  const parameters = {
    booster: 'gbtree',
    tree_method: 'exact',
    silent: '1',
    subsample: '1',
    colsample_bytree: '1',
    eta: String(options.learningRate),
    max_depth: String(options.maxDepth),
    lambda: String(options.lambda),
    gamma: String(options.gamma),
    min_child_weight: String(options.minChildWeight),
    ...objective,
  }
  for (const [key, value] of Object.entries(parameters)) setParameter(model, key, value)
  library._train_full_model(model, options.rounds)
  const booster = readBooster(library, model)
  library._free_memory_model(model)
  library._free(data)
  library._free(labels)
  return { kind: 'ml-xgboost', numFeatures: x.numFeatures, numClasses: y.numClasses, present, booster }
}

/** Loads the booster into the library; `close` frees it. */
export async function openMlXgboost(
  model: MlXgboostModel,
): Promise<{ probabilities(x: Matrix): Matrix; close(): void }> {
  const library = await loadLibrary()
  const bytes = library._malloc(model.booster.length)
  library.HEAPU8.set(model.booster, bytes)
  const handle = library._load_model(bytes, model.booster.length)
  library._free(bytes)
  if (handle === 0) {
    throw new PipelineError('ERR_CORRUPT_ARTIFACT', { message: 'ml-xgboost cannot read the saved booster' })
  }
  return {
    probabilities: (x) => predict(library, handle, model, x),
    close: () => {
      library._free_memory_model(handle)
    },
  }
}

function predict(library: Xgboost, handle: number, model: MlXgboostModel, x: Matrix): Matrix {
  checkWidth(x, model.numFeatures)
  const width = model.present.length
  const shares = matrix(x.numSamples, width)
  const values = withoutMinusOne(x.data)
  const row = library._malloc(4 * x.numFeatures)
  const out = library._malloc(4 * width)
  for (let i = 0; i < x.numSamples; i++) {
    library.HEAPF32.set(values.subarray(i * x.numFeatures, (i + 1) * x.numFeatures), row / 4)
    library._predict_one(handle, row, x.numFeatures, out)
    if (width === 2) {
      const p = library.HEAPF32[out / 4]!
      shares.data.set([1 - p, p], 2 * i)
    } else {
      shares.data.set(library.HEAPF32.subarray(out / 4, out / 4 + width), i * width)
    }
  }
  library._free(row)
  library._free(out)
  return spreadClasses(shares, model.present, model.numClasses)
}

async function loadLibrary(): Promise<Xgboost> {
  // The package has no types; `isReady` resolves to the emscripten module itself.
  const { isReady } = requireQuietly('ml-xgboost/dist/wasm/xgboost') as { isReady: Promise<Xgboost> }
  return isReady
}

function copyIn(library: Xgboost, values: Float32Array): number {
  const pointer = library._malloc(4 * values.length)
  library.HEAPF32.set(values, pointer / 4)
  return pointer
}

/** The library is compiled with −1 as the missing value; the next float32 number is not missing. */
function withoutMinusOne(values: Float64Array): Float32Array {
  const result = Float32Array.from(values)
  for (let at = 0; at < result.length; at++) if (result[at] === -1) result[at] = -1 + 2 ** -24
  return result
}

function readBooster(library: Xgboost, model: number): Uint8Array {
  const size = library._save_model(model)
  if (size <= 0) throw new PipelineError('ERR_BAD_DATA', { message: 'ml-xgboost gave no model' })
  const pointer = library._malloc(size)
  library._get_file_content(pointer, size)
  const booster = library.HEAPU8.slice(pointer, pointer + size)
  library._free(pointer)
  return booster
}
