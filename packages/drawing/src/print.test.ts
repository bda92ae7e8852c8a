import { crc32 } from 'node:zlib'
import { expect, test } from 'vitest'
import { newCanvas } from './new-canvas.js'
import { newPdf } from './new-pdf.js'
import { withResolution } from './png-resolution.js'

test('a PDF has one page, no date, and the same bytes each time', () => {
  const draw = (): Buffer => {
    const pdf = newPdf(120, 80)
    pdf.context.fillRect(10, 10, 50, 20)
    return pdf.close()
  }
  const pdf = draw()
  expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
  expect(pdf.toString('latin1')).toContain('/MediaBox [0 0 120 80]')
  expect(pdf.toString('latin1')).not.toContain('CreationDate')
  expect(draw().equals(pdf)).toBe(true)
})

test('a PNG says how many dots make an inch, with a checksum that holds, and is otherwise the same', async () => {
  const png = await newCanvas(20, 10).encode('png')
  const made = withResolution(png, 300)
  const chunk = made.subarray(33, 54)
  expect(chunk.subarray(4, 8).toString()).toBe('pHYs')
  expect([chunk.readUInt32BE(8), chunk.readUInt32BE(12), chunk.readUInt8(16)]).toEqual([11811, 11811, 1])
  expect(chunk.readUInt32BE(17)).toBe(crc32(chunk.subarray(4, 17)))
  expect(Buffer.concat([made.subarray(0, 33), made.subarray(54)]).equals(png)).toBe(true)
})
