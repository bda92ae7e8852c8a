import { PipelineError } from '@etsef/plugin-api'

/** Which options say who an image is of. */
export interface GroupOptions {
  readonly groups?: string | undefined
  readonly groupPattern: string | null
}

/**
 * Group of an image by its path, as `groupPattern` finds it in the file name; undefined where the pattern does not fit.
 *
 * @throws PipelineError `ERR_BAD_OPTION` for a pattern that is none or has no bracket, or that stands beside a groups file.
 */
export function groupByName({ groups, groupPattern }: GroupOptions): (path: string) => string | undefined {
  if (groupPattern === null) return () => undefined
  if (groups !== undefined)
    throw new PipelineError('ERR_BAD_OPTION', {
      message: 'Both a groups file and a pattern say who an image is of',
      option: 'groupPattern',
      hint: 'leave out one of groups and groupPattern',
    })
  const pattern = compile(groupPattern)
  return (path) => {
    const name = path.slice(path.lastIndexOf('/') + 1).replace(/\.[^.]+$/, '')
    return pattern.exec(name)?.[1]
  }
}

function compile(text: string): RegExp {
  try {
    const pattern = new RegExp(text, 'u')
    // With an empty alternative it fits anything, and tells its number of brackets.
    if (new RegExp(`${text}|`, 'u').exec('')!.length > 1) return pattern
  } catch (cause) {
    throw new PipelineError('ERR_BAD_OPTION', {
      message: `groupPattern is no regular expression: ${cause instanceof Error ? cause.message : String(cause)}`,
      option: 'groupPattern',
      cause,
    })
  }
  throw new PipelineError('ERR_BAD_OPTION', {
    message: 'groupPattern has no bracket around the part that names the patient',
    option: 'groupPattern',
    expected: 'for example ^(\\d+)_',
    received: text,
  })
}
