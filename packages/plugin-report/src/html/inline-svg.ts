import { markup, trusted } from './markup.js'
import type { Markup } from './markup.js'

/**
 * A chart's SVG as a part of a page: it takes the page's colours, its text can be searched and read.
 *
 * @param svg - What Vega wrote; it escapes the text that it is given.
 * @param options - `id`: unique on the page, stands before the ids in the SVG, which every chart counts from 0; `label`: for readers that do not see it.
 */
export function inlineSvg(svg: string, { id, label }: { readonly id: string; readonly label: string }): Markup {
  const prefix = id.replaceAll(/[^\w-]/g, '_')
  const own = svg
    // What it says of itself to readers that do not see it, mark by mark, is no picture; the figure has a name.
    .replaceAll(/<[^>]*>/g, (tag) =>
      tag
        .replaceAll(/ (?:role|aria-[a-z]+|font-family)="[^"]*"/g, '')
        .replaceAll(/ id="([^"]*)"/g, (_, own: string) => ` id="${prefix}-${own}"`)
        .replaceAll(/url\(#([^)]*)\)/g, (_, own: string) => `url(#${prefix}-${own})`),
    )
    .replaceAll(/<rect width="[\d.]+" height="[\d.]+" fill="#ffffff"[^>]*\/?>(<\/rect>)?/g, '')
  const [, attributes = '', content = ''] = /^<svg([^>]*)>([\s\S]*)<\/svg>\s*$/.exec(own) ?? []
  const size = [...attributes.matchAll(/ (width|height|viewBox)="([\d. -]+)"/g)].map(
    ([, name, value]) => ` ${name!}="${value!}"`,
  )
  return markup`<svg role="img" aria-label="${label}"${trusted(size.join(''))}>${trusted(content)}</svg>`
}
