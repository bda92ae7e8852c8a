import { styleText } from 'node:util'

/** What is coloured, by what it means. */
const styles = { error: 'red', warning: 'yellow', good: 'green', training: 'cyan', validation: 'yellow' } as const

/** Meaning of a colour. */
export type Meaning = keyof typeof styles

/** Colours a text for a terminal; what is no terminal gets it plain, as does one whose user set NO_COLOR. */
export type Paint = (meaning: Meaning, text: string) => string

/** A paint for what is written to a stream. */
export function paintFor(stream: NodeJS.WriteStream): Paint {
  // Only a terminal gets colours: FORCE_COLOR would put them into files that programs read.
  return stream.isTTY ? (meaning, text) => styleText(styles[meaning], text, { stream }) : (_, text) => text
}
