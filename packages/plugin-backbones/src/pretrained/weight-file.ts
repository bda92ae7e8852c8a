import { existsSync, readFileSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'

/** Endings of weight files that `@etsef/nn` reads; a folder holds a `model.json` (TF.js) or is a model directory of ours. */
export const weightFileEndings: readonly string[] = [
  '.json',
  '.safetensors',
  '.pth',
  '.pt',
  '.bin',
  '.h5',
  '.hdf5',
  '.keras',
  '.tflite',
]

/** The formats, for people. */
export const weightFormats =
  'TF.js layers or graph model (folder or model.json), Keras .h5, .weights.h5 or .keras, .safetensors, PyTorch .pth or .pt, .tflite, model directory'

/**
 * What is wrong with a path given as weights, as far as names tell: no byte is read.
 *
 * @returns `undefined` when the name fits a format, or nothing is there (the runner says so of every content path).
 */
export function weightFileProblem(path: string): { readonly message: string; readonly received: string } | undefined {
  if (!existsSync(path)) return undefined
  if (statSync(path).isDirectory()) {
    if (['model.json', 'weights.safetensors'].some((name) => existsSync(join(path, name)))) return undefined
    return { message: 'the folder holds no weights', received: 'neither model.json nor weights.safetensors' }
  }
  const ending = extname(path)
  if (weightFileEndings.includes(ending)) return undefined
  return { message: 'the file is in no format of weights that can be read', received: ending || 'no ending' }
}

/** Largest `model.json` whose shards are looked for; published ones have up to 1 MB. */
const maxManifestBytes = 64_000_000

/** Names of the files that a TF.js `model.json` keeps its weights in; none of other files, and of a damaged one, which loading refuses. */
export function shardsOf(path: string): readonly string[] {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (extname(path) !== '.json' || stats?.isFile() !== true || stats.size > maxManifestBytes) return []
  try {
    const { weightsManifest } = JSON.parse(readFileSync(path, 'utf8')) as { readonly weightsManifest?: unknown }
    if (!Array.isArray(weightsManifest)) return []
    return weightsManifest.flatMap((group: { readonly paths?: unknown } | null) =>
      Array.isArray(group?.paths) ? group.paths.filter((name): name is string => typeof name === 'string') : [],
    )
  } catch {
    return []
  }
}
