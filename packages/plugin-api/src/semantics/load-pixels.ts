import { isPipelineError, PipelineError } from '../errors.js'
import type { LoadPixelsArguments } from '../define-operation.js'
import type { PixelImage } from '../payload/images.js'
import { checkPixels } from './check-pixels.js'
import { opaqueId } from './opaque-names.js'

/** Whose pixels they are. */
export interface PixelOwner {
  readonly type: string
  /** Node that an error names when the pixels cannot be loaded. */
  readonly node?: string | undefined
  readonly isSource: boolean
  loadPixels(this: void, args: LoadPixelsArguments<unknown>): Promise<PixelImage>
}

/** A row as it is stored. */
export interface PixelRow {
  readonly id: string
  readonly uri: string
  readonly sourceId: string
}

/**
 * Asks an operation for the pixels of a row, and checks what it gives.
 *
 * A source finds the picture by its uri. Operations after it, such as a rotation, could read the class from the uri (`glioma/a.jpg`), so
 * they get the opaque name only.
 *
 * @throws PipelineError that names the owner: whoever asks for pixels has done nothing wrong when they cannot be had.
 */
export async function loadPixelsOf(
  owner: PixelOwner,
  { id, uri, sourceId }: PixelRow,
  rest: Omit<LoadPixelsArguments<unknown>, 'row'>,
): Promise<PixelImage> {
  const name = opaqueId(id, sourceId)
  const row = owner.isSource ? { id, uri, sourceId } : { id: name, uri: name }
  let image: PixelImage
  try {
    image = await owner.loadPixels({ row, ...rest })
  } catch (thrown) {
    throw blamed(thrown, `Image "${uri}" cannot be loaded: `, owner)
  }
  try {
    checkPixels(image)
  } catch (thrown) {
    throw blamed(thrown, `Image "${uri}" of ${owner.type} `, owner)
  }
  return image
}

/** Errors that already name the node they come from, because they were thrown by a loader further upstream. */
const located = new WeakSet<Error>()

function blamed(thrown: unknown, prefix: string, { type, node }: PixelOwner): PipelineError {
  const known = thrown instanceof Error && isPipelineError(thrown) ? thrown : undefined
  if (known && located.has(known)) return known
  const message = `${prefix}${thrown instanceof Error ? thrown.message : String(thrown)}`
  const error = new PipelineError(known?.code ?? 'ERR_BAD_DATA', {
    message: message.includes(type) ? message : `${message} (${type})`,
    node,
    ...{ expected: known?.expected, received: known?.received, hint: known?.hint },
    cause: thrown,
  })
  located.add(error)
  return error
}
