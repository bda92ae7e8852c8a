import { cleanText, newCanvas, newPdf, svgFontFamily, typesetting, withResolution } from '@etsef/drawing'
import type * as vegaModule from 'vega'
import type { View } from 'vega'
import type * as vegaLiteModule from 'vega-lite'
import type { TopLevelSpec } from 'vega-lite'
import { sortedJson } from '../evaluate/report-json.js'
import { chartTheme } from './chart-theme.js'

/** A chart in the three forms that a report keeps. */
export interface DrawnChart {
  /** Vega-Lite, complete with data and theme: opens in any of its editors. */
  readonly vegaLite: string
  readonly svg: string
  /** At twice the nominal size (192 dots per inch). */
  readonly png: Buffer
}

const PNG_SCALE = 2

type Vega = typeof vegaModule & Pick<typeof vegaLiteModule, 'compile'>

interface TextItem {
  readonly fontSize?: number
  readonly fontWeight?: string | number
}

/** Vega and Vega-Lite, which take 0.3 s to load, with text measured in the shipped fonts. */
async function loadVega(): Promise<Vega> {
  const [vega, { compile }] = await Promise.all([import('vega'), import('vega-lite')])
  // Vega asks this for the width of a text when it lays out labels; its own estimate without a browser is 0.8 em a character. Its type
  // declarations leave it out.
  const { textMetrics } = vega as unknown as {
    readonly textMetrics: { width: (item: TextItem, text: unknown) => number }
  }
  textMetrics.width = ({ fontSize = 11, fontWeight }, text) =>
    typesetting().width(typeof text === 'string' || typeof text === 'number' ? String(text).trim() : '', {
      size: fontSize,
      isBold: fontWeight === 'bold',
    })
  return { ...vega, compile }
}

/**
 * Draws a chart; equal specifications give equal bytes.
 *
 * The PNG's text is drawn in the shipped fonts. The SVG's is text, which a viewer shows in the first font of the list that it has; its places are
 * those measured with the shipped fonts.
 *
 * @param spec - Vega-Lite without theme and background, data inline.
 * @throws PipelineError `ERR_LIBRARY` where the canvas has no binary for this platform.
 */
export async function drawChart(spec: TopLevelSpec): Promise<DrawnChart> {
  const vega = await loadVega()
  const { svg, vegaLite } = await drawChartSvg(spec)
  return { vegaLite, svg, png: await drawPng(vega, shippedFonts(spec), svg, PNG_SCALE) }
}

/** The forms of a chart that need no canvas. */
async function drawChartSvg(spec: TopLevelSpec): Promise<Pick<DrawnChart, 'vegaLite' | 'svg'>> {
  const themed = themedSpec(mapTexts(spec, cleanText), svgFontFamily)
  return { vegaLite: sortedJson(themed), svg: await drawSvg(await loadVega(), themed) }
}

/** A chart for print. */
export interface PrintedChart extends DrawnChart {
  /** One page as large as the chart; lines and text, no pixels. */
  readonly pdf: Buffer
}

/** Draws a chart for print: PDF, and a PNG of 300 dots per inch that says so. */
export async function drawPictures(spec: TopLevelSpec): Promise<PrintedChart> {
  const vega = await loadVega()
  const { svg, vegaLite } = await drawChartSvg(spec)
  const set = shippedFonts(spec)
  const png = await drawPng(vega, set, svg, printDpi / cssDpi)
  return { vegaLite, svg, png: withResolution(png, printDpi), pdf: await drawPdf(vega, set, svg) }
}

const printDpi = 300
const cssDpi = 96

/** The specification with every text in characters, and the name, of the fonts that are installed with the package. */
function shippedFonts(spec: TopLevelSpec): TopLevelSpec {
  const cleaned = mapTexts(spec, cleanText)
  const { family } = typesetting().set(allText(cleaned))
  return themedSpec(
    mapTexts(cleaned, (text) => typesetting().set(text).text),
    family,
  )
}

function themedSpec(spec: TopLevelSpec, font: string): TopLevelSpec {
  return { ...spec, ...chartTheme(font) }
}

async function drawSvg(vega: Vega, spec: TopLevelSpec): Promise<string> {
  const view = viewOf(vega, spec)
  await view.runAsync()
  // Ids of clip paths and gradients count up over the life of a process.
  vega.resetSVGDefIds()
  const svg = await view.toSVG()
  view.finalize()
  return `${svg}\n`
}

/** Draws what the SVG shows; its size is taken from there. */
async function drawPng(vega: Vega, spec: TopLevelSpec, svg: string, scale: number): Promise<Buffer> {
  const { width, height } = sizeOf(svg)
  const canvas = newCanvas(width * scale, height * scale)
  const view = viewOf(vega, spec)
  await view.toCanvas(scale, { externalContext: canvas.getContext('2d') })
  view.finalize()
  return canvas.encode('png')
}

/** Draws what the SVG shows on a page of points, 72 to the inch. */
async function drawPdf(vega: Vega, spec: TopLevelSpec, svg: string): Promise<Buffer> {
  const { width, height } = sizeOf(svg)
  const scale = 72 / cssDpi
  const pdf = newPdf(width * scale, height * scale)
  const view = viewOf(vega, spec)
  await view.toCanvas(scale, { externalContext: pdf.context })
  view.finalize()
  return pdf.close()
}

function sizeOf(svg: string): { readonly width: number; readonly height: number } {
  const [, width, height] = /<svg[^>]* width="([\d.]+)" height="([\d.]+)"/.exec(svg) ?? []
  return { width: Number(width), height: Number(height) }
}

function viewOf(vega: Vega, spec: TopLevelSpec): View {
  const logger = vega.logger(vega.None)
  return new vega.View(vega.parse(vega.compile(spec, { logger }).spec), { renderer: 'none', logger })
}

/** The same specification with every text that can be shown changed. */
function mapTexts<T>(value: T, change: (text: string) => string): T {
  const changed = (part: unknown): unknown => {
    if (typeof part === 'string') return change(part)
    if (Array.isArray(part)) return part.map(changed)
    if (typeof part !== 'object' || part === null) return part
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, changed(inner)]))
  }
  return changed(value) as T // of the same form: only strings differ
}

function allText(spec: TopLevelSpec): string {
  return JSON.stringify(spec)
}
