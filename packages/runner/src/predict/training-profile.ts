import type { PixelLoading } from '@etsef/plugin-api'
import { loadPixelsOf } from '@etsef/plugin-api/semantics'
import { openArtifact } from '../worker/artifact-input.js'
import type { OpenRun } from './open-run.js'
import { factsOf, profileOf, type PictureFacts, type TrainingProfile } from './picture-facts.js'

/** How many pictures are looked at. */
interface ProfileOptions {
  /** Default all: near-duplicates are found of those alone. */
  readonly most?: number
}

/**
 * What the pictures that a run has learned from are like, or a sample that is spread over them.
 *
 * @returns `undefined` where they are no longer where they were.
 */
export async function trainingProfile(
  { record, place, predictor, seen }: OpenRun,
  { most = Infinity }: ProfileOptions = {},
): Promise<TrainingProfile | undefined> {
  const { source } = predictor.graph
  const operation = place.registry.find(source.type)?.operation
  const facts: PictureFacts[] = []
  try {
    const artifact = openArtifact(place.storeDir, record.stages[source.node]!.key)
    const reader = await artifact.rows(artifact.manifest.outputs[source.port]!)
    const rows: { id: string; uri: string; sourceId: string }[] = []
    for await (const batch of reader.batches()) {
      if (batch.kind !== 'images') return undefined
      batch.ids.forEach((id, at) => {
        const sourceId = batch.sourceIds[at]!
        if (seen.has(sourceId)) rows.push({ id, uri: batch.uris[at]!, sourceId })
      })
    }
    // Types are erased here; the implementation was checked against its own where it was defined.
    const code = (await operation?.load()) as PixelLoading<unknown> | undefined
    const loadPixels = code?.loadPixels?.bind(code)
    if (!loadPixels) return undefined
    const step = Math.max(1, rows.length / most)
    for (let at = 0; at < rows.length; at += step) {
      const image = await loadPixelsOf({ type: source.type, isSource: true, loadPixels }, rows[Math.floor(at)]!, {
        port: source.port,
        parameters: null,
        upstream: () => Promise.reject(new Error('nothing is upstream of a source')),
        options: source.options,
      })
      facts.push(factsOf(image))
    }
  } catch {
    return undefined
  }
  return profileOf(facts)
}
