import { crc32, deflateSync } from 'node:zlib'
import { pictureOf } from '../predict/read-pictures.js'
import type { Picture } from '../predict/picture-batch.js'

/** A square picture of noise, 8 bits, as PNG: something to compute on before anyone has asked. Another seed gives another picture. */
export function noisePicture(side: number, isGrey: boolean, seed: number): Picture {
  const channels = isGrey ? 1 : 3
  const rows = Buffer.alloc(side * (1 + side * channels))
  let state = (seed * 2654435761 + 1) >>> 0
  for (let at = 0; at < rows.length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    // The first byte of a row says how it is filtered: not at all.
    rows[at] = at % (1 + side * channels) === 0 ? 0 : state >>> 24
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(side, 0)
  header.writeUInt32BE(side, 4)
  header.set([8, isGrey ? 0 : 2, 0, 0, 0], 8)
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10])
  const chunks = [chunk('IHDR', header), chunk('IDAT', deflateSync(rows, { level: 1 })), chunk('IEND', Buffer.alloc(0))]
  return pictureOf('noise', Buffer.concat([signature, ...chunks]))
}

function chunk(type: string, content: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), content])
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(content.length)
  check.writeUInt32BE(crc32(typed))
  return Buffer.concat([length, typed, check])
}
