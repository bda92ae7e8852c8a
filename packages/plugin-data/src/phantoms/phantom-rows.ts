import { createHash } from 'node:crypto'
import { PipelineError, canonicalJson, type ImageRows } from '@etsef/plugin-api'
import { permuteLabels } from '../permute-labels.js'
import { modalities, type Modality } from './anatomy.js'
import { lesionKinds, type LesionKind } from './lesion.js'
import type { PhantomId, PhantomStyle } from './render-phantom.js'

/** Which pictures a phantom data set holds. */
export interface PhantomSet extends PhantomStyle {
  readonly modality: Modality
  /** Kinds of lesion, in class-list order. */
  readonly classes: readonly LesionKind[]
  /** Pictures of each class. */
  readonly perClass: number
  /** Slices of each patient; the last patient of a class may have fewer. */
  readonly imagesPerPatient: number
  readonly permuteLabels?: number | null
}

/**
 * Rows of a phantom data set; nothing is drawn yet.
 *
 * Row id and uri are `<modality>/<kind>/p<patient>-<slice>`, the group is the patient. A smaller `perClass` gives the first rows of a larger one.
 */
export function phantomRows(set: PhantomSet): ImageRows {
  const entries = set.classes.flatMap((kind, label) =>
    Array.from({ length: set.perClass }, (_, i) => ({
      label,
      id: {
        modality: set.modality,
        kind,
        patient: Math.floor(i / set.imagesPerPatient),
        slice: i % set.imagesPerPatient,
      },
    })),
  )
  const uris = entries.map(({ id }) => formatPhantomId(id))
  const groups = entries.map(({ id }) => formatPatient(id))
  const labels = Int32Array.from(entries, ({ label }) => label)
  const { size, noise, dataSeed, lesionSize = 1, contrast = 1, borderCue = false } = set
  return {
    kind: 'images',
    ids: uris,
    uris,
    sourceIds: uris.map((uri) =>
      createHash('sha256')
        .update(
          canonicalJson({
            ...{ uri, size, noise, dataSeed },
            // Only what differs from the defaults, so that sets keep the names of their pictures.
            ...(lesionSize !== 1 && { lesionSize }),
            ...(contrast !== 1 && { contrast }),
            ...(borderCue && { borderCue }),
          }),
        )
        .digest('hex'),
    ),
    labels: set.permuteLabels == null ? labels : permuteLabels(labels, groups, set.permuteLabels),
    groups,
    partitions: uris.map(() => 'none' as const),
    classNames: set.classes,
  }
}

/** `brain-t1/ring/p0003-1`. */
export function formatPhantomId(id: PhantomId): string {
  return `${formatPatient(id)}-${String(id.slice)}`
}

/** Reads what {@link formatPhantomId} wrote. @throws PipelineError `ERR_BAD_DATA`. */
export function parsePhantomId(uri: string): PhantomId {
  const match = /^([a-z0-9-]+)\/([a-z]+)\/p(\d+)-(\d+)$/.exec(uri)
  const modality = modalities.find((name) => name === match?.[1])
  const kind = lesionKinds.find((name) => name === match?.[2])
  if (!match || !modality || !kind)
    throw new PipelineError('ERR_BAD_DATA', {
      message: `"${uri}" names no phantom`,
      expected: 'e.g. brain-t1/ring/p0003-1',
    })
  return { modality, kind, patient: Number(match[3]), slice: Number(match[4]) }
}

function formatPatient({ modality, kind, patient }: PhantomId): string {
  return `${modality}/${kind}/p${String(patient).padStart(4, '0')}`
}
