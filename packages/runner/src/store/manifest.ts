import { canonicalJson, type PortKind, type ReportTable } from '@etsef/plugin-api'
import { hash } from 'node:crypto'

/** Raised when artifacts are laid out, or rows are handled, in another way: every key changes with it. */
export const formatVersion = 3

/** A file of an artifact. */
export interface ManifestFile {
  /** Relative, with `/`. */
  readonly path: string
  readonly bytes: number
  readonly sha256: string
}

/** One output of a stage. */
export interface ManifestOutput {
  readonly kind: PortKind
  /** The Arrow file of rows, or the folder of a model or report. */
  readonly path: string
  readonly numSamples?: number
  readonly classNames?: readonly string[]
  readonly numFeatures?: number
  /** Figures and table of a report. */
  readonly metrics?: Readonly<Record<string, number | null>>
  readonly table?: ReportTable
}

/** What an artifact holds; written last. Free of names, paths and times, so equal keys have equal manifests. */
export interface Manifest {
  readonly format: number
  readonly key: string
  readonly operation: string
  readonly part: StagePart
  readonly outputs: Readonly<Record<string, ManifestOutput>>
  readonly files: readonly ManifestFile[]
  /** File of source ids that fitted artifacts on the way have seen; left out when nothing was fitted. */
  readonly lineage?: string
  /** Labels of test rows that were read. */
  readonly testLabelReads: number
  /** Last value of every metric the operation reported. */
  readonly metrics: Readonly<Record<string, number>>
}

/** Learning, applying what was learnt, or all there is to do. */
export type StagePart = 'run' | 'fit' | 'apply'

/** sha256 over a manifest, and so over every byte of the artifact. */
export function manifestDigest(manifest: Manifest): string {
  return hash('sha256', canonicalJson(manifest), 'hex')
}

/** sha256 over the files of an artifact, whatever its key: equal for equal results of changed code. */
export function filesDigest(manifest: Manifest): string {
  return hash('sha256', canonicalJson(manifest.files), 'hex')
}

/** Text of the manifest file: the manifest and its {@link manifestDigest}. */
export function manifestText(manifest: Manifest): { readonly text: string; readonly digest: string } {
  const text = canonicalJson(manifest)
  const digest = hash('sha256', text, 'hex')
  return { text: `{"digest":"${digest}","manifest":${text}}\n`, digest }
}

/** The manifest of a text, or `undefined` when a byte of it is not as it was written. */
export function readManifest(text: string): Manifest | undefined {
  const match = /^\{"digest":"([0-9a-f]{64})","manifest":(\{.*\})\}\n$/.exec(text)
  if (!match || hash('sha256', match[2]!, 'hex') !== match[1]) return undefined
  return JSON.parse(match[2]!) as Manifest
}
