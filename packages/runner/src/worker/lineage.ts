import { PipelineError } from '@etsef/plugin-api'
import type { StoredBatch } from '@etsef/plugin-api/codec'
import type { ArtifactReader } from './artifact-input.js'

/** Name of the file that holds source ids, one a line, sorted. */
export const lineageFile = 'lineage.txt'

/** Source ids that what an artifact was fitted from has seen, itself and everything before it. */
export function readLineage(artifact: ArtifactReader): ReadonlySet<string> {
  const { lineage } = artifact.manifest
  if (lineage === undefined) return new Set()
  return new Set(artifact.read(lineage).toString('utf8').split('\n').filter(Boolean))
}

/** Text of the lineage file. */
export function lineageText(sourceIds: ReadonlySet<string>): string {
  return `${[...sourceIds].sort().join('\n')}\n`
}

/** A fitted artifact among the inputs, and what it has seen. */
export interface FittedInput {
  readonly name: string
  readonly seen: ReadonlySet<string>
}

/** Refuses test rows whose image a fitted input has learned from. @throws PipelineError `ERR_LEAKAGE` naming rows and input. */
export function checkUnseen(batch: StoredBatch, inputs: readonly FittedInput[]): void {
  for (const { name, seen } of inputs) {
    if (seen.size === 0) continue
    const leaked = batch.ids.filter(
      (_, index) => batch.partitions[index] === 'test' && seen.has(batch.sourceIds[index]!),
    )
    if (leaked.length === 0) continue
    throw new PipelineError('ERR_LEAKAGE', {
      message: `"${name}" was fitted on images that are test rows here: ${leaked.slice(0, 5).join(', ')}${leaked.length > 5 ? `, … (${String(leaked.length)})` : ''}`,
      expected: 'test images that nothing was fitted on',
      hint: 'remove these images from the other data set, or use the same split for both',
    })
  }
}
