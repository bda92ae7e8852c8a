import type { ErrorCode, PixelLoading } from '@etsef/plugin-api'
import { loadPixelsOf } from '@etsef/plugin-api/semantics'
import { isPipelineError } from '../errors.js'
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
 * @returns Or why nobody can say. What no file can cause is thrown.
 */
export async function trainingProfile(
  { record, place, predictor, seen }: OpenRun,
  { most = Infinity }: ProfileOptions = {},
): Promise<TrainingProfile | { readonly missing: string }> {
  const { source } = predictor.graph
  const operation = place.registry.find(source.type)?.operation
  const facts: PictureFacts[] = []
  try {
    const artifact = openArtifact(place.storeDir, record.stages[source.node]!.key)
    const reader = await artifact.rows(artifact.manifest.outputs[source.port]!)
    const rows: { id: string; uri: string; sourceId: string }[] = []
    for await (const batch of reader.batches()) {
      if (batch.kind !== 'images') return { missing: 'the source of the run gives no pictures' }
      batch.ids.forEach((id, at) => {
        const sourceId = batch.sourceIds[at]!
        if (seen.has(sourceId)) rows.push({ id, uri: batch.uris[at]!, sourceId })
      })
    }
    // Types are erased here; the implementation was checked against its own where it was defined.
    const code = (await operation?.load()) as PixelLoading<unknown> | undefined
    const loadPixels = code?.loadPixels?.bind(code)
    if (!loadPixels) return { missing: `${source.type} cannot load pictures here` }
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
  } catch (thrown) {
    if (!(thrown instanceof Error) || !isPipelineError(thrown)) throw thrown
    return { missing: reasons[thrown.code] ?? thrown.message }
  }
  return profileOf(facts) ?? { missing: 'nothing on the way has learned from pictures' }
}

const gone = 'they are no longer where they were, or other files are there'
const reasons: Partial<Readonly<Record<ErrorCode, string>>> = {
  ERR_MISSING_FILE: gone,
  ERR_CHANGED_FILE: gone,
  ERR_CORRUPT_ARTIFACT: 'where they were is no longer in the store',
}
