import { PipelineError } from '@etsef/plugin-api'

/** A weight file that cannot be used, or does not fit the network. */
export function badWeights(
  message: string,
  details: {
    readonly expected?: string
    readonly received?: string
    readonly hint?: string
    readonly cause?: unknown
  } = {},
): PipelineError {
  return new PipelineError('ERR_WEIGHTS', { message, ...details })
}

/** Names for a message: the first few, and how many more. */
export function listNames(names: readonly string[], most = 5): string {
  const shown = names.slice(0, most).join(', ')
  return names.length > most ? `${shown} and ${names.length - most} more` : shown
}
