import { escapeHtml } from './markdown.js'

/** HTML that is safe to put on a page: made by {@link markup}, or of a renderer that escapes. */
export interface Markup {
  readonly markup: string
}

/** What may stand in a template: text is escaped, numbers come as figures (see `figure.ts`), nothing is left out. */
export type Part = Markup | string | readonly Part[] | null | undefined | false

/** Tag of a template: HTML with every inserted text escaped. */
export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return { markup: strings.map((text, index) => text + textOf(parts[index])).join('') }
}

/** HTML of a renderer that escapes what it is given. */
export function trusted(text: string): Markup {
  return { markup: text }
}

/** A name that somebody chose: of a node, a class, a file. */
export function name(text: string): Markup {
  return markup`<span class="name">${text}</span>`
}

function textOf(part: Part): string {
  if (part === null || part === undefined || part === false) return ''
  if (typeof part === 'string') return escapeHtml(part)
  return 'markup' in part ? part.markup : part.map(textOf).join('')
}
