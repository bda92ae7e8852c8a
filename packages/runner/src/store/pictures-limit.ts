import { problem } from '../errors.js'

/** Decoded pictures of a source's artifact are kept up to this many megabytes, where the environment does not say otherwise. */
const defaultMegabytes = 2048

/** Megabytes of decoded pictures that are kept for a source. @throws PipelineError `ERR_BAD_OPTION` when the environment says no number. */
export function picturesLimitMb(): number {
  const said = process.env['ETSEF_PICTURES_MB']
  if (said === undefined || said.trim() === '') return defaultMegabytes
  const megabytes = Number(said)
  if (megabytes >= 0) return megabytes
  throw problem('ERR_BAD_OPTION', {
    message: `ETSEF_PICTURES_MB is "${said}"`,
    option: 'ETSEF_PICTURES_MB',
    expected: 'megabytes of decoded pictures to keep for each source, 0 or more',
    received: said,
    hint: `leave it out for ${String(defaultMegabytes)}`,
  })
}
