import MarkdownIt from 'markdown-it'

/** What reports write, and no more: a link, an image or HTML in a class or node name stays text. */
const markdown = new MarkdownIt('zero').enable(['heading', 'table', 'list', 'backticks'])

markdown.renderer.rules['table_open'] = () =>
  '<div class="table" tabindex="0" role="group" aria-label="Table"><table>\n'
markdown.renderer.rules['table_close'] = () => '</table></div>\n'

/**
 * HTML of the Markdown that reports write: headings, pipe tables, lists, paragraphs, `code`. Everything else is text.
 *
 * All text is escaped, so nothing in a class or node name becomes markup. The first column of a table is the row's name.
 *
 * @param options - `headingOffset`: levels that headings go down, so that a document fits below a page's own headings; default 0.
 */
export function markdownToHtml(
  source: string,
  { headingOffset = 0 }: { readonly headingOffset?: number } = {},
): string {
  const tokens = markdown.parse(source, {})
  let column = 0
  for (const token of tokens) {
    if (token.type.startsWith('heading_')) token.tag = `h${Math.min(6, Number(token.tag.slice(1)) + headingOffset)}`
    else if (token.type === 'tr_open') column = 0
    else if (token.type === 'th_open') token.attrs = [['scope', 'col']]
    else if (token.type === 'td_open') {
      token.attrs = column === 0 ? [['scope', 'row']] : null
      if (column === 0) token.tag = 'th'
    } else if (token.type === 'td_close') {
      if (column === 0) token.tag = 'th'
      column++
    }
  }
  return markdown.renderer.render(tokens, markdown.options, {}).trimEnd()
}

/** Text with HTML's special characters escaped. */
export function escapeHtml(text: string): string {
  return markdown.utils.escapeHtml(text)
}
