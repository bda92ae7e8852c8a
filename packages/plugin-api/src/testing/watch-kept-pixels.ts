import { createHash } from 'node:crypto'
import type { KeptRow, SourceArguments } from '../define-operation.js'
import { PipelineError } from '../errors.js'
import type { PixelImage } from '../payload/images.js'
import { checkPixels } from '../semantics/index.js'

/** Remembers what a source hands over, and refuses it where `loadPixels` gives something else. */
export interface WatchedPixels {
  readonly keepPixels: SourceArguments<unknown>['keepPixels']
  /** The picture that was loaded. @throws PipelineError `ERR_PLUGIN` when another one was kept. */
  check(row: KeptRow, image: PixelImage): PixelImage
}

/** Nothing kept yet. */
export function watchKeptPixels(type: string): WatchedPixels {
  const kept = new Map<string, string>()
  return {
    keepPixels(row, image) {
      checkPixels(image)
      kept.set(nameOf(row), digestOf(image))
    },
    check(row, image) {
      const before = kept.get(nameOf(row))
      if (before === undefined || before === digestOf(image)) return image
      throw new PipelineError('ERR_PLUGIN', {
        message: `${type} kept another picture of "${row.uri}" than loadPixels gives`,
        expected: 'keepPixels is given what loadPixels gives for the row, under the options of the run',
      })
    },
  }
}

function nameOf({ port, uri, sourceId }: KeptRow): string {
  return JSON.stringify([port, uri, sourceId])
}

function digestOf({ dtype, shape, data }: PixelImage): string {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return createHash('sha256')
    .update(JSON.stringify([dtype, shape]))
    .update(bytes)
    .digest('hex')
}
