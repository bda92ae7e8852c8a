import type { SourceImplementation, Static } from '@etsef/plugin-api'
import { of } from 'rxjs'
import { decodeImage } from '../folder/decode-image.js'
import { parsePhantomId, phantomRows } from './phantom-rows.js'
import type { phantomOptions, phantomOutputs } from './phantoms.js'
import { renderPhantom } from './render-phantom.js'

type Implementation = SourceImplementation<Static<typeof phantomOptions>, typeof phantomOutputs>

/** Rows of the pictures, and the same rows for the masks. */
export const run: Implementation['run'] = ({ options, ctx }) => {
  if (options.permuteLabels !== null) ctx.log('warn', 'Labels are permuted: a control, in which nothing can be learned')
  const rows = phantomRows(options)
  return Promise.resolve({ images: of(rows), masks: of(rows) })
}

/** A picture from elsewhere: phantoms that were written to files, above all. */
export const decodePicture: NonNullable<Implementation['decodePicture']> = ({ bytes, name, bounds }) =>
  decodeImage(bytes, name, bounds)

/** Draws the picture (`images`) or its lesion mask (`masks`). */
export const loadPixels: NonNullable<Implementation['loadPixels']> = ({ row, port, options }) => {
  const { image, mask } = renderPhantom(parsePhantomId(row.uri), options)
  return Promise.resolve(port === 'masks' ? mask : image)
}
