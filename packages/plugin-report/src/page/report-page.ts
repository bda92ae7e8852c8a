import { escapeHtml } from './markdown.js'

/** One report on the page. */
export interface PageSection {
  /** Heading: the node's name. */
  readonly name: string
  /** Safe HTML. */
  readonly html: string
  /** Figures by file name, shown as images, so that scripts inside an SVG cannot run. */
  readonly images: readonly {
    readonly name: string
    readonly type: 'image/svg+xml' | 'image/png'
    readonly data: Uint8Array
  }[]
  /** Flat figures shown below, folded. */
  readonly metrics: Readonly<Record<string, number | null>>
}

const STYLE = `
body { font: 16px/1.5 system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif; color: #222; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h2 { border-bottom: 1px solid #ccc; margin-top: 3rem; }
.table { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: 1rem 0; }
th, td { padding: 0.3rem 0.8rem; border-bottom: 1px solid #ddd; text-align: right; white-space: nowrap; }
th:first-child { text-align: left; }
thead th { border-bottom: 2px solid #888; }
figure { margin: 1.5rem 0; }
img { max-width: 100%; height: auto; }
figcaption { color: #555; font-size: 0.9rem; }
nav ul { columns: 3; }
@media print { details { display: none; } }
`

/**
 * A self-contained HTML page: no script, no request to anywhere; opens from disk or mail.
 *
 * @returns HTML text; equal arguments give equal bytes.
 */
export function reportPage({
  title,
  sections,
}: {
  readonly title: string
  readonly sections: readonly PageSection[]
}): string {
  const links = sections.map(({ name }, i) => `<li><a href="#section-${i}">${escapeHtml(name)}</a></li>`)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
${sections.length > 1 ? `<nav><ul>\n${links.join('\n')}\n</ul></nav>\n` : ''}${sections.map(sectionHtml).join('\n')}
</body>
</html>
`
}

function sectionHtml({ name, html, images, metrics }: PageSection, index: number): string {
  const figures = images.map(({ name: file, type, data }) => {
    const source = `data:${type};base64,${Buffer.from(data).toString('base64')}`
    const caption = escapeHtml(file.replace(/\.[a-z]+$/, ''))
    return `<figure><img src="${source}" alt="${caption}"><figcaption>${caption}</figcaption></figure>`
  })
  const parts = [`<h2 id="section-${index}">${escapeHtml(name)}</h2>`, html, ...figures, metricsHtml(metrics)]
  return `<section>\n${parts.filter((part) => part !== '').join('\n')}\n</section>`
}

function metricsHtml(metrics: Readonly<Record<string, number | null>>): string {
  const names = Object.keys(metrics).sort()
  if (names.length === 0) return ''
  const rows = names.map(
    (name) => `<tr><th scope="row">${escapeHtml(name)}</th><td>${metrics[name] ?? 'not estimable'}</td></tr>`,
  )
  return `<details><summary>All ${names.length} figures</summary><div class="table"><table>\n${rows.join('\n')}\n</table></div></details>`
}
