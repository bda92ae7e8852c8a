import { readFile, realpath, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, sep } from 'node:path'
import type { Weights, WeightTensor } from '../graph/graph.js'
import { sizeOf } from '../graph/parameters.js'
import { alignedCopy, widenFloat16 } from './half-floats.js'
import { MAX_FILE_BYTES, tooLarge } from './read-budget.js'
import { badWeights } from '../errors.js'

/** Weights of a TF.js layers (or graph) model, by the manifest's names. */
export interface TfjsWeights {
  /** By full name as in the manifest, e.g. `conv1_bn/moving_mean`. */
  readonly tensors: Weights
  /** Names whose shard files do not exist. */
  readonly missing: readonly string[]
}

interface ManifestWeight {
  readonly name: string
  readonly shape: readonly number[]
  readonly dtype: string
  readonly quantization?: { readonly dtype: string; readonly scale?: number; readonly min?: number }
}

interface ManifestGroup {
  readonly paths: readonly string[]
  readonly weights: readonly ManifestWeight[]
}

/**
 * Reads the weights beside a TF.js `model.json`. A group whose shards do not all exist is reported in `missing`, so that a cut
 * network can still use the rest. Quantised weights (uint8, uint16, float16) are widened.
 *
 * @throws PipelineError `ERR_WEIGHTS` when the manifest is malformed, points outside its folder, or sizes disagree.
 */
export async function readTfjsLayers(modelJsonPath: string): Promise<TfjsWeights> {
  const manifest = parseManifest(await readFile(modelJsonPath, 'utf8'), modelJsonPath)
  const folder = dirname(modelJsonPath)
  const tensors = new Map<string, WeightTensor>()
  const missing: string[] = []
  const read = { files: new Set<string>(), bytes: 0 }
  for (const group of manifest) {
    const bytes = await readShards(folder, group.paths, read)
    if (bytes === undefined) missing.push(...group.weights.map((weight) => weight.name))
    else sliceGroup(group, bytes, tensors)
  }
  return { tensors, missing }
}

function parseManifest(text: string, path: string): readonly ManifestGroup[] {
  let model: unknown
  try {
    model = JSON.parse(text)
  } catch (cause) {
    throw badWeights(`${path} is not JSON`, { cause })
  }
  const manifest = fieldsOf(model)['weightsManifest']
  if (!Array.isArray(manifest) || !manifest.every(isGroup)) {
    throw badWeights(`${path} has no weights manifest`, {
      hint: 'use the model.json that tfjs-converter, Keras or Teachable Machine wrote',
    })
  }
  return manifest
}

function isGroup(value: unknown): value is ManifestGroup {
  const { paths, weights } = fieldsOf(value)
  const arePaths = Array.isArray(paths) && paths.every((item) => typeof item === 'string')
  return arePaths && Array.isArray(weights) && weights.every(isWeight)
}

function isWeight(value: unknown): value is ManifestWeight {
  const { name, shape, dtype } = fieldsOf(value)
  const isLength = (length: unknown): boolean => Number.isSafeInteger(length) && (length as number) >= 0
  return typeof name === 'string' && typeof dtype === 'string' && Array.isArray(shape) && shape.every(isLength)
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

/** @param read - Shards of the groups before: a file that counts more than once would let a small one ask for all memory. */
async function readShards(
  folder: string,
  paths: readonly string[],
  read: { readonly files: Set<string>; bytes: number },
): Promise<Uint8Array | undefined> {
  const root = await realpath(folder)
  const shards: Uint8Array[] = []
  for (const path of paths) {
    if (isAbsolute(path) || isOutside(root, join(root, path)))
      throw badWeights(`weights manifest points outside its folder: "${path}"`)
    const file = await realpath(join(root, path)).catch(ignoreMissing)
    if (file === undefined) return undefined
    if (isOutside(root, file))
      throw badWeights(`"${path}" is a link that leaves the folder of its model.json`, { hint: 'copy the file there' })
    if (read.files.has(file)) throw badWeights(`the weights manifest names "${path}" twice`)
    read.files.add(file)
    const stats = await stat(file)
    if (!stats.isFile()) throw badWeights(`"${path}" of the weights manifest is no regular file`)
    read.bytes += stats.size
    if (read.bytes > MAX_FILE_BYTES) throw tooLarge(`the shards up to "${path}"`, read.bytes)
    shards.push(await readFile(file))
  }
  return Buffer.concat(shards)
}

function isOutside(root: string, path: string): boolean {
  return relative(root, path).split(sep)[0] === '..'
}

function ignoreMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
}

function sliceGroup(group: ManifestGroup, bytes: Uint8Array, tensors: Map<string, WeightTensor>): void {
  let offset = 0
  for (const weight of group.weights) {
    const stored = weight.quantization?.dtype ?? weight.dtype
    const width = { float32: 4, int32: 4, float16: 2, uint16: 2, uint8: 1, bool: 1 }[stored]
    if (width === undefined) throw badWeights(`weight "${weight.name}" has dtype ${stored}, which cannot be read`)
    const end = offset + sizeOf(weight.shape) * width
    if (end > bytes.length)
      throw badWeights(`shards ${group.paths.join(', ')} are cut off`, {
        expected: `at least ${end} bytes`,
        received: `${bytes.length} bytes`,
      })
    tensors.set(weight.name, {
      shape: weight.shape,
      data: decode(stored, bytes.subarray(offset, end), weight.quantization),
    })
    offset = end
  }
  if (offset !== bytes.length)
    throw badWeights(`shards ${group.paths.join(', ')} have ${bytes.length - offset} bytes too many`)
}

function decode(dtype: string, bytes: Uint8Array, quantization: ManifestWeight['quantization']): Float32Array {
  const buffer = alignedCopy(bytes)
  if (dtype === 'float32') return new Float32Array(buffer)
  if (dtype === 'int32') return Float32Array.from(new Int32Array(buffer))
  if (dtype === 'float16') return widenFloat16(new Uint16Array(buffer))
  const { scale = 1, min = 0 } = quantization ?? {}
  const stored = dtype === 'uint16' ? new Uint16Array(buffer) : new Uint8Array(buffer)
  return Float32Array.from(stored, (value) => value * scale + min)
}
