/** Formats that are decoded, as their contract says. */
export type PictureFormat = 'JPEG' | 'PNG' | 'WebP' | 'TIFF' | 'GIF'

const latin = (bytes: Uint8Array, from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to))

/**
 * Format of an image file by its first bytes, whatever its name says.
 *
 * The decoder knows more formats than the contract, SVG among them: a text of 250 bytes that may ask for a minute of computing.
 *
 * @param bytes - At least the first 12 of the file.
 */
export function pictureFormat(bytes: Uint8Array): PictureFormat | undefined {
  const start = latin(bytes, 0, 12)
  if (start.startsWith('\xff\xd8\xff')) return 'JPEG'
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return 'PNG'
  if (start.startsWith('RIFF') && start.slice(8) === 'WEBP') return 'WebP'
  if (/^(II[*+]\0|MM\0[*+])/.test(start)) return 'TIFF'
  if (/^GIF8[79]a/.test(start)) return 'GIF'
  return undefined
}

/** What a file that is none of the formats begins with, for messages. */
export function describeStart(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'an empty file'
  const start = latin(bytes, 0, 24)
  if (/^\s*<(\?xml|svg|!doctype)/i.test(start)) return 'SVG, XML or HTML text'
  return /^[\x20-\x7e\s]+$/.test(start)
    ? `a text that begins with ${JSON.stringify(start)}`
    : `bytes ${Buffer.from(bytes.subarray(0, 8)).toString('hex')}…`
}
