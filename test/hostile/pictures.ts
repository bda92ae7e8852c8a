import { execFileSync } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import { writeFiles, type HostileCase } from './hostile-case.js'

/** A sound folder of pictures in which one file is hostile. */
function picture(
  name: string,
  file: string,
  make: (path: string) => Uint8Array | string | undefined,
  more: Partial<HostileCase> = {},
): HostileCase {
  return {
    name,
    code: 'ERR_BAD_DATA',
    place: 'pipeline.yaml:2',
    arrange(dir) {
      writeFiles(dir, {
        'scans/healthy/1.png': png(8, 8),
        'scans/ill/1.png': png(8, 8, 200),
        'pipeline.yaml': `nodes:\n  scans: { use: data/folder, with: { path: ${JSON.stringify(join(dir, 'scans'))} } }\n`,
      })
      const bytes = make(join(dir, 'scans/healthy', file))
      if (bytes !== undefined) writeFiles(dir, { [`scans/healthy/${file}`]: bytes })
      return ['run', 'pipeline.yaml']
    },
    ...more,
  }
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const bytes = Buffer.alloc(body.length + 8)
  bytes.writeUInt32BE(data.length)
  body.copy(bytes, 4)
  bytes.writeUInt32BE(crc32(body), bytes.length - 4)
  return bytes
}

/** A grey PNG. @param data - Its compressed rows, where they are not one grey. */
function png(width: number, height: number, grey = 100, data?: Uint8Array): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width)
  header.writeUInt32BE(height, 4)
  header[8] = 8
  const rows =
    data ?? deflateSync(Buffer.alloc((width + 1) * height, Buffer.concat([Buffer.of(0), Buffer.alloc(width, grey)])))
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', rows),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** A text of 250 bytes whose filters ask for a minute of computing. */
const filters = `<svg xmlns="http://www.w3.org/2000/svg" width="9000" height="9000"><filter id="f">${'<feGaussianBlur stdDeviation="900"/>'.repeat(4)}</filter><rect width="9000" height="9000" filter="url(#f)"/></svg>`

/** A GIF whose frames say how large they are, and hold one pixel. */
function gif(side: number, numFrames: number): Buffer {
  const head = Buffer.concat([Buffer.from('GIF89a\0\0\0\0\x80\0\0', 'latin1'), Buffer.of(0, 0, 0, 255, 255, 255)])
  const frame = Buffer.from('21f90400010000002c00000000000000000002024401' + '00', 'hex')
  for (const [bytes, at] of [
    [head, 6],
    [frame, 13],
  ] as const) {
    bytes.writeUInt16LE(side, at)
    bytes.writeUInt16LE(side, at + 2)
  }
  return Buffer.concat([head, ...Array.from({ length: numFrames }, () => frame), Buffer.of(0x3b)])
}

/** A JPEG by its markers: a header that declares a size, and no scan. */
function jpeg(side: number): Buffer {
  const frame = Buffer.from('ffd8ffc0000b08000000000101110' + '0', 'hex')
  frame.writeUInt16BE(side, 7)
  frame.writeUInt16BE(side, 9)
  return Buffer.concat([frame, Buffer.from('ffda0008010100003f00', 'hex'), Buffer.of(0, 0, 0xff, 0xd9)])
}

/** A little-endian TIFF whose directory leads back to itself. */
function circularTiff(): Buffer {
  return Buffer.from('49492a0008000000010000010300010000000100000008000000', 'hex')
}

/** Pictures that never end, are something else than their name says, claim, or unpack to more than there is. */
export const pictures: readonly HostileCase[] = [
  picture(
    'a pipe named .jpg',
    'x.jpg',
    (path) => {
      execFileSync('mkfifo', [path])
      return undefined
    },
    { code: 'ERR_BAD_OPTION' },
  ),
  picture(
    'a device named .jpg',
    'x.jpg',
    (path) => {
      symlinkSync('/dev/zero', path)
      return undefined
    },
    { code: 'ERR_BAD_OPTION' },
  ),
  picture('an SVG with filters named .png', 'x.png', () => filters),
  picture('an SVG with filters behind a byte order mark', 'x.png', () => `\uFEFF${filters}`),
  picture(
    'an SVG that draws in itself a file of this machine',
    'x.png',
    () =>
      `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="file:///etc/passwd" width="9" height="9"/></svg>`,
  ),
  picture('a text named .jpg', 'x.jpg', () => 'no picture\n'),
  picture('an empty file', 'x.png', () => new Uint8Array(0)),
  picture('a PDF named .jpg', 'x.jpg', () => '%PDF-1.7\n1 0 obj\n'),
  picture('a zip named .tif', 'x.tif', () => Buffer.from('PK\u0003\u0004', 'latin1')),
  picture('a PNG cut off in its header', 'x.png', () => png(64, 64).subarray(0, 20)),
  picture('a PNG cut off in its pixels', 'x.png', () => png(64, 64).subarray(0, 50)),
  picture('a PNG whose pixels are no data', 'x.png', () => png(64, 64, 0, Buffer.from('no pixels'))),
  picture('a PNG of 0 pixels', 'x.png', () => png(0, 0, 0, Buffer.alloc(0))),
  picture(
    'a PNG that says 60,000 pixels a side',
    'x.png',
    () => png(60_000, 60_000, 0, deflateSync(Buffer.alloc(100))),
    { code: 'ERR_TOO_LARGE' },
  ),
  picture('a PNG that says 2 billion pixels a side', 'x.png', () => png(2 ** 31 - 1, 2 ** 31 - 1, 0, Buffer.alloc(9))),
  picture('a PNG that says 9,900 pixels a side and holds one row', 'x.png', () =>
    png(9900, 9900, 0, deflateSync(Buffer.alloc(9901))),
  ),
  picture(
    'a PNG of 16,000 pixels a side in 250 kB',
    'x.png',
    () => png(16_000, 16_000, 0, deflateSync(Buffer.alloc(16_001 * 16_000), { level: 1 })),
    { code: 'ERR_TOO_LARGE' },
  ),
  picture('a PNG behind whose pixels stand 10 MB of texts', 'x.png', () => {
    const end = Buffer.alloc(10_000_000, chunk('tEXt', Buffer.from('a\0b')))
    return Buffer.concat([png(64, 64, 0, Buffer.from('no pixels')).subarray(0, 54), end])
  }),
  picture('a GIF that says 20,000 pixels a side', 'x.gif', () => gif(20_000, 1), { code: 'ERR_TOO_LARGE' }),
  picture('an animated GIF of 100,000 such frames', 'x.gif', () => gif(20_000, 100_000), { code: 'ERR_TOO_LARGE' }),
  picture('a JPEG that says 65,000 pixels a side', 'x.jpg', () => jpeg(65_000), { code: 'ERR_TOO_LARGE' }),
  picture('a JPEG that says 9,000 pixels a side and holds none', 'x.jpg', () => jpeg(9000)),
  picture('a TIFF whose directory leads to itself', 'x.tif', circularTiff),
  picture('a thousand files that are no pictures', 'x.png', (path) => {
    const dir = path.slice(0, -'healthy/x.png'.length)
    writeFiles(dir, Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`ill/${i}.png`, 'no picture'])))
    return 'no picture'
  }),
]
