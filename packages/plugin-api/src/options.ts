import { Type } from '#typebox'
import type { TString } from 'typebox'

/** Keyword in a schema that marks an option as content: the runner digests the file or folder, and leaves its path out of the key. */
export const contentKeyword = 'x-etsef-content'

/**
 * An option that names a file or folder whose content the operation reads. Relative paths are resolved against the project's root
 * (the folder of the package.json that lists the plugins); the operation receives the absolute path.
 *
 * @param description - For people and editors.
 * @param options - `default` makes the option optional.
 */
export function contentPath(description: string, options: { readonly default?: string } = {}): TString {
  return Type.String({ description, minLength: 1, [contentKeyword]: 'path', ...options })
}
