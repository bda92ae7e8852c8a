import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fc, test as propertyTest } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { fitText } from './fit-text.js'
import { loadCanvas } from './load-canvas.js'
import { newCanvas } from './new-canvas.js'
import { cleanText, cssFont, typesetting } from './typesetting.js'
import { woff2Characters } from './woff2-characters.js'

/** Pixels of a text, as a string that can be compared. */
function inked(raw: string): string {
  const canvas = newCanvas(400, 40)
  const context = canvas.getContext('2d')
  const { text, family } = typesetting().set(raw)
  context.font = cssFont(family, { size: 24 })
  context.fillStyle = '#000000'
  context.fillText(text, 4, 30)
  return Buffer.from(context.getImageData(0, 0, 400, 40).data).toString('base64')
}

describe('typesetting', () => {
  test.each(['Γλοίωμα', 'Глиома', '脑膜瘤', 'のう', '뇌종양', 'Ø µ ≤ ± –'])('draws %s in shipped fonts', (text) => {
    const boxes = Array.from(text, () => '□').join('')
    expect(typesetting().set(text).text).toBe(text)
    expect(inked(text)).not.toBe(inked(boxes))
    expect(typesetting().set(text).family).toMatch(/^etsef-noto-sans-latin(, etsef-noto-sans[\w-]+)*$/)
  })

  test('draws a box for what no shipped font has, whatever the machine has', () => {
    // DejaVu and most systems have Arabic.
    expect(typesetting().set('أ b').text).toBe('□ b')
    expect(inked('أ')).toBe(inked('□'))
  })

  test('names the same fonts in whatever order characters come', () => {
    const family = (text: string): string => typesetting().set(text).family
    expect(family('脑 α 뇌 я')).toBe(family('я 뇌 α 脑'))
  })

  test('gives the width that the canvas draws, bold being wider', () => {
    const width = typesetting().width('Γλοίωμα 脑膜瘤', { size: 20 })
    expect(width).toBeGreaterThan(120)
    expect(width).toBeLessThan(180)
    expect(typesetting().width('Glioma', { size: 20, isBold: true })).toBeGreaterThan(
      typesetting().width('Glioma', { size: 20 }),
    )
  })
})

test('text is put on one line, without what XML forbids', () => {
  expect(cleanText('a\r\nb\tc\u0000d\ud800')).toBe('a b c\ufffdd\ufffd')
})

test('a machine without the binary gets an error that says what to do', () => {
  const load = (): never => {
    throw new Error('Cannot find native binding')
  }
  expect(() => loadCanvas(load)).toThrow(
    expect.objectContaining({ code: 'ERR_LIBRARY', hint: expect.stringContaining('--omit=optional') as string }),
  )
})

test('a font file says which characters it has, not which a stylesheet would fetch it for', () => {
  const { resolve } = createRequire(import.meta.url)
  const of = (name: string): ReadonlySet<number> =>
    woff2Characters(readFileSync(resolve(`@fontsource-variable/${name}-wght-normal.woff2`)))
  const latin = of('noto-sans/files/noto-sans-latin')
  expect(latin.size).toBe(232) // as fontTools 4 counts
  expect(latin.has(0x41)).toBe(true)
  expect(latin.has(0x2191)).toBe(false) // U+2191 is in its unicode-range
  expect(of('noto-sans-sc/files/noto-sans-sc-115').size).toBe(192)
  expect(() => woff2Characters(Buffer.from('no font, but long enough to be read'))).toThrow('not a WOFF2 file')
})

describe('fitText', () => {
  test('breaks at spaces, underscores, hyphens and slashes, and between Chinese characters', () => {
    expect(fitText('alpha beta_gamma', { size: 13, maxWidth: 50, maxLines: 3 })).toEqual(['alpha', 'beta_', 'gamma'])
    expect(fitText('脑膜瘤脑膜瘤', { size: 13, maxWidth: 40, maxLines: 2 })).toEqual(['脑膜瘤', '脑膜瘤'])
  })

  test('leaves out the middle, so that names that differ at the end still do', () => {
    const name = (end: string): string => `Non-small-cell lung carcinoma, subtype ${end}`
    const fitted = ['squamous', 'adeno'].map((end) => fitText(name(end), { size: 13, maxWidth: 150 })[0]!)
    expect(fitted[0]).toMatch(/^Non-small.*….*mous$/)
    expect(fitted[1]).toMatch(/^Non-small.*….*deno$/)
  })

  propertyTest.prop([
    fc.string({ unit: 'grapheme', maxLength: 80 }),
    fc.integer({ min: 40, max: 300 }),
    fc.integer({ min: 1, max: 3 }),
  ])('is never wider or longer than allowed', (text, maxWidth, maxLines) => {
    const lines = fitText(text, { size: 13, maxWidth, maxLines })
    expect(lines.length).toBeGreaterThan(0)
    expect(lines.length).toBeLessThanOrEqual(maxLines)
    for (const line of lines) expect(typesetting().width(line, { size: 13 })).toBeLessThanOrEqual(maxWidth)
  })
})
