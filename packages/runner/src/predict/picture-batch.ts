import type { ImageBatch, PixelImage, SourceImplementation, Ports } from '@etsef/plugin-api'
import { checkPixels, hideNames } from '@etsef/plugin-api/semantics'
import { problem } from '../errors.js'
import { createLiveImages } from '../worker/live-images.js'
import type { FittedGraph } from './fitted-graph.js'
import type { PredictionHost } from './open-fitted-graph.js'

/** A picture to predict: an encoded file, whole, and what it is called. */
export interface Picture {
  readonly id: string
  readonly bytes: Uint8Array
  /** sha256 of the bytes. */
  readonly sha256: string
}

/** Decodes a picture as the run decoded its own. */
export type Decode = (picture: Pick<Picture, 'id' | 'bytes'>) => Promise<PixelImage>

/** The decoder of the run's source. @throws PipelineError `ERR_NOT_REPLAYABLE` for a source whose pictures are no files. */
export async function openDecoder({ source }: FittedGraph, host: PredictionHost): Promise<Decode> {
  const operation = host.operation(source.type)
  // Types are erased here; the implementation was checked against its own where it was defined.
  const code = (await operation.load()) as SourceImplementation<unknown, Ports>
  const decode = code.decodePicture?.bind(code)
  if (!decode)
    throw problem('ERR_NOT_REPLAYABLE', {
      message: `The pictures of "${source.node}" (${source.type}) are no files: there is no saying how another is to be decoded`,
      node: source.node,
      hint: `ask the authors of ${source.plugin} for decodePicture`,
    })
  const live = createLiveImages()
  return async ({ id, bytes }) => {
    const image = await live.decode(() =>
      decode({ bytes, name: id, port: source.port, options: source.options, bounds: host.bounds }),
    )
    checkPixels(image)
    return image
  }
}

/** Pictures as the first step reads them: under opaque names, without labels, decoded when asked for. */
export function pictureBatch(
  pictures: readonly Pick<Picture, 'id' | 'sha256'>[],
  classNames: readonly string[],
  load: (index: number) => Promise<PixelImage>,
): ImageBatch {
  const ids = pictures.map(({ id }) => id)
  const shown = hideNames({
    kind: 'images',
    ids,
    sourceIds: pictures.map(({ sha256 }) => sha256),
    labels: new Int32Array(ids.length).fill(-1),
    groups: ids.map(() => ''),
    partitions: ids.map(() => 'none' as const),
    classNames,
    uris: ids,
    parentIds: ids,
    transforms: ids.map(() => []),
  })
  // Hiding names keeps the kind.
  return { ...(shown as Omit<ImageBatch, 'load'>), load }
}
