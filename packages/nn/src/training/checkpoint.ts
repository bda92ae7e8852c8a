import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { Weights, WeightTensor } from '../graph/graph.js'
import { parseSafetensors, serializeSafetensors } from '../weights/safetensors.js'

/** Everything a training loop needs to go on after an epoch as if it had not been stopped. */
export interface Checkpoint<T> {
  /** Groups of tensors, e.g. `weights`, `best`, `moments`. */
  readonly tensors: Readonly<Record<string, Weights>>
  /** Plain JSON data. */
  readonly progress: T
}

/** Writes a checkpoint atomically: whenever the process or the machine stops, a reader finds the old one or the new one. */
export async function writeCheckpoint<T>(directory: string, name: string, checkpoint: Checkpoint<T>): Promise<void> {
  const flat = new Map<string, WeightTensor>()
  for (const [group, weights] of Object.entries(checkpoint.tensors)) {
    for (const [key, value] of weights) flat.set(`${group}:${key}`, value)
  }
  const bytes = serializeSafetensors(flat, { progress: JSON.stringify(checkpoint.progress) })
  await mkdir(directory, { recursive: true })
  const path = join(directory, `${name}.safetensors`)
  const file = await open(`${path}.new`, 'w')
  try {
    await file.writeFile(bytes)
    // Else a power cut may leave the new name on an old or empty content.
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
}

/** Reads a checkpoint; undefined when there is none. @throws PipelineError `ERR_WEIGHTS` when it is damaged. */
export async function readCheckpoint<T>(directory: string, name: string): Promise<Checkpoint<T> | undefined> {
  const path = join(directory, `${name}.safetensors`)
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch {
    return undefined
  }
  const { tensors, metadata } = parseSafetensors(bytes, path)
  const groups: Record<string, Map<string, WeightTensor>> = {}
  for (const [key, value] of tensors) {
    const at = key.indexOf(':')
    const group = (groups[key.slice(0, at)] ??= new Map())
    group.set(key.slice(at + 1), value)
  }
  // JSON can hold no NaN or Infinity; loops that need them encode them.
  return { tensors: groups, progress: JSON.parse(metadata['progress'] ?? '{}') as T }
}
