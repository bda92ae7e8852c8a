import { PipelineError } from '@etsef/plugin-api'

/** A file that stays unread, and why. */
export function unreadable(
  name: string,
  what: string,
  more: { expected?: string; received?: string; hint?: string } = {},
): PipelineError {
  return new PipelineError('ERR_BAD_DATA', {
    message: `Image "${name}" ${what}`,
    hint: 'export it as an 8-bit or 16-bit PNG, or leave it out',
    ...more,
  })
}

/** A file that is larger than is read. */
export function tooLarge(name: string, maxPixels: number): PipelineError {
  return new PipelineError('ERR_TOO_LARGE', {
    message: `Image "${name}" is too large`,
    expected: `at most ${String(maxPixels)} pixels`,
  })
}

/** A frame that a file does not have. */
export function noSuchFrame(name: string, frame: number, numFrames: number): PipelineError {
  return unreadable(name, `has no frame ${String(frame)}`, {
    expected: numFrames === 1 ? 'frame 0, the only one' : `0 to ${String(numFrames - 1)}`,
    received: String(frame),
    hint: 'frames and slices are counted from 0',
  })
}
