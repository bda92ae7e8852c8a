import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PipelineError } from '../errors.js'
import { decodeState, encodeState } from './encode-state.js'

/** Writes a fitted model as `model.json` and `model.bin`. */
export async function saveModel(model: unknown, dir: string): Promise<void> {
  const { json, bytes } = encodeState(model)
  await writeFile(join(dir, 'model.json'), json)
  await writeFile(join(dir, 'model.bin'), bytes)
}

/**
 * Reads what {@link saveModel} wrote.
 *
 * @param kind - What the model must be, e.g. `linear-svm`.
 * @throws PipelineError `ERR_CORRUPT_ARTIFACT` for a file that is missing, broken or of another kind.
 */
export async function loadModel(dir: string, kind: string): Promise<unknown> {
  const [json, bytes] = await Promise.all([
    readFile(join(dir, 'model.json'), 'utf8'),
    readFile(join(dir, 'model.bin')),
  ]).catch((cause: unknown) => {
    throw new PipelineError('ERR_CORRUPT_ARTIFACT', { message: `No model in ${dir}`, cause })
  })
  const model = decodeState({ json, bytes })
  if (typeof model === 'object' && model !== null && 'kind' in model && model.kind === kind) return model
  throw new PipelineError('ERR_CORRUPT_ARTIFACT', { message: `The model in ${dir} is not a ${kind}`, expected: kind })
}
