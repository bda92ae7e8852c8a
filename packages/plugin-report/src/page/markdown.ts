import { escapeXml } from '../figures/svg.js'

/**
 * HTML of the small Markdown that reports write: headings, pipe tables, lists, paragraphs, `code`. Everything else is text.
 *
 * All text is escaped, so nothing in a class or node name becomes markup.
 *
 * @param source - Markdown, blocks apart by blank lines.
 * @param options - `headingOffset`: levels that headings go down, so that a document fits below a page's own headings; default 0.
 */
export function markdownToHtml(
  source: string,
  { headingOffset = 0 }: { readonly headingOffset?: number } = {},
): string {
  return source
    .replace(/\r\n?/g, '\n')
    .split(/\n{2,}/)
    .map((block) => block.trim())
    .filter((block) => block !== '')
    .map((block) => blockHtml(block, headingOffset))
    .join('\n')
}

function blockHtml(block: string, headingOffset: number): string {
  const lines = block.split('\n')
  const heading = /^(#{1,6}) (.*)$/.exec(block)
  if (heading && lines.length === 1) {
    const level = Math.min(6, heading[1]!.length + headingOffset)
    return `<h${level}>${inline(heading[2]!)}</h${level}>`
  }
  if (lines.length > 1 && /^\|[\s|:-]+\|$/.test(lines[1]!)) {
    const [columns, , ...rows] = lines.map(cells)
    return tableHtml(columns!, rows)
  }
  if (lines.every((line) => line.startsWith('- '))) {
    return `<ul>\n${lines.map((line) => `<li>${inline(line.slice(2))}</li>`).join('\n')}\n</ul>`
  }
  return `<p>${inline(lines.join(' '))}</p>`
}

/** An HTML table; the first column is the row's name, the others are figures. Cells are HTML already. */
function tableHtml(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = `<tr>${columns.map((cell) => `<th scope="col">${cell}</th>`).join('')}</tr>`
  const body = rows.map(
    (row) =>
      `<tr>${row.map((cell, c) => (c === 0 ? `<th scope="row">${cell}</th>` : `<td>${cell}</td>`)).join('')}</tr>`,
  )
  return `<div class="table"><table>\n<thead>${head}</thead>\n<tbody>\n${body.join('\n')}\n</tbody></table></div>`
}

function cells(line: string): string[] {
  return line
    .replace(/^\|/, '')
    .replace(/\|$/, '')
    .split(/(?<!\\)\|/)
    .map((cell) => inline(cell.trim().replaceAll('\\|', '|')))
}

function inline(text: string): string {
  return escapeXml(text).replace(/`([^`]+)`/g, '<code>$1</code>')
}
