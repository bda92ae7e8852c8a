import sharp from 'sharp'

/**
 * PNG of an SVG figure at twice its nominal size (192 dots per inch).
 *
 * Glyphs come from the machine's sans-serif font, so bytes agree between machines with the same fonts and sharp version.
 */
export function rasterise(svg: string): Promise<Buffer> {
  return sharp(Buffer.from(svg), { density: 144 }).png({ compressionLevel: 9 }).toBuffer()
}
