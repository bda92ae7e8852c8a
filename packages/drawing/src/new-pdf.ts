import type { PDFDocument as PdfDocument } from '@napi-rs/canvas'
import { loadCanvas } from './load-canvas.js'

/** A PDF of one page that is being drawn. */
export interface OpenPdf {
  readonly context: ReturnType<PdfDocument['beginPage']>
  /** Ends the page. @returns The bytes; equal drawings give equal bytes. */
  close(): Buffer
}

/**
 * A PDF of one page, without a date.
 *
 * @param width - In points, 72 to the inch.
 * @param height - In points.
 * @throws PipelineError `ERR_LIBRARY` where the canvas has no binary for this platform.
 */
export function newPdf(width: number, height: number): OpenPdf {
  const { PDFDocument } = loadCanvas()
  const document = new PDFDocument({ producer: 'etsef' })
  const context = document.beginPage(Math.ceil(width), Math.ceil(height))
  return {
    context,
    close() {
      document.endPage()
      return document.close()
    },
  }
}
