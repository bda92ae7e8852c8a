import { hash } from 'node:crypto'
import type { TrainingProfile } from '../predict/picture-facts.js'

/** Files of a bundle, beside the folders of what was fitted. */
export const bundleFiles = {
  index: 'bundle.json',
  graph: 'graph.json',
  profile: 'profile.json',
  seen: 'learned-from.txt',
  sets: 'conformal.json',
  card: 'README.md',
  config: 'config.json',
  weights: 'model.safetensors',
} as const

/** Folder of fitted states and models, a folder for each step that has one. */
export const fittedFolder = 'fitted'

/** Folder of what other programs read, a folder for each step that can be written for them. */
export const openFolder = 'open'

/** A file of a bundle. */
export interface BundleFile {
  readonly bytes: number
  readonly sha256: string
}

/** What a bundle is, and what every file of it must be. */
export interface BundleIndex {
  readonly format: 1
  /** Name of the pipeline that it is of. */
  readonly name: string
  readonly run: string
  /** `node.port` whose answers it gives. */
  readonly target: string
  readonly classNames: readonly string[]
  readonly versions: {
    readonly node: string
    readonly runner: string
    /** Tensor engine; `null` where nothing computes on tensors. */
    readonly engine: string | null
    /** By npm name: the version that fitted, and the digest of its code. */
    readonly plugins: Readonly<Record<string, { readonly version: string; readonly digest: string }>>
  }
  /** By path below the bundle, with `/`; all but the index itself. */
  readonly files: Readonly<Record<string, BundleFile>>
}

/** {@link TrainingProfile} as JSON. */
export type ProfileJson = Omit<TrainingProfile, 'histogram'> & { readonly histogram: readonly number[] }

/** Text of the index, with a digest over the rest of it: of equal bundles the same bytes. */
export function indexText(index: BundleIndex): string {
  return `${JSON.stringify({ ...index, digest: hash('sha256', JSON.stringify(index), 'hex') }, null, 2)}\n`
}

/** The index of a text; `undefined` where a byte is not as {@link indexText} wrote it. */
export function parseIndex(text: string): BundleIndex | undefined {
  try {
    const value = JSON.parse(text) as { format?: number; digest?: string }
    delete value.digest
    // What is compared is the text that this format writes of it, digest and all.
    const index = value as BundleIndex
    return value.format === 1 && indexText(index) === text ? index : undefined
  } catch {
    return undefined
  }
}
