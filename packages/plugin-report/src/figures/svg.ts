/** Fonts of every figure, widest first, so that measured margins always suffice. */
const FONTS = 'DejaVu Sans, Verdana, Noto Sans, Liberation Sans, Arial, Helvetica, sans-serif'

/** Attributes of an SVG element; numbers are written with at most two decimals. */
export type Attributes = Readonly<Record<string, string | number | undefined>>

/** An SVG element as text. */
export function element(name: string, attributes: Attributes, content = ''): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? short(value) : escapeXml(value!)}"`)
    .join('')
  return content === '' ? `<${name}${written}/>` : `<${name}${written}>${content}</${name}>`
}

/** Text at a point; `size` in pixels, default 13. */
export function text(
  content: string,
  at: { readonly x: number; readonly y: number; readonly size?: number } & Attributes,
): string {
  const { size = 13, ...attributes } = at
  return element('text', { 'font-size': size, fill: '#222', ...attributes }, escapeXml(content))
}

/** A whole SVG document on white, with a title for screen readers. */
export function svgDocument(figure: {
  readonly width: number
  readonly height: number
  readonly title: string
  readonly body: readonly string[]
}): string {
  const width = Math.ceil(figure.width)
  const height = Math.ceil(figure.height)
  const frame = {
    xmlns: 'http://www.w3.org/2000/svg',
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    role: 'img',
    'font-family': FONTS,
  }
  const lines = [
    element('title', {}, escapeXml(figure.title)),
    element('rect', { width, height, fill: '#ffffff' }),
    ...figure.body,
  ]
  return `${element('svg', frame, `\n${lines.join('\n')}\n`)}\n`
}

/** Text with XML's special characters escaped and forbidden control characters replaced. */
export function escapeXml(value: string): string {
  return value
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
}

function short(value: number): string {
  return String(Math.round(value * 100) / 100)
}
