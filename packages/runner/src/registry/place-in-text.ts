import type { Place } from '@etsef/plugin-api'

/** Where a word first stands in a file; its beginning where it does not. */
export function placeInText(file: string, text: string, word: string): Place {
  const at = text.indexOf(word)
  if (at < 0) return { file, line: 1, column: 1 }
  const before = text.slice(0, at).split('\n')
  return { file, line: before.length, column: before.at(-1)!.length + 1 }
}
