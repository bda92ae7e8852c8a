import { parsePhantomId, phantomRows, renderPhantom } from '@etsef/plugin-data'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { png } from './png.js'

/** Which synthetic scans are written. */
export interface PhantomFolder {
  readonly perClass: number
  readonly size: number
  readonly dataSeed?: number
}

/** Writes synthetic scans as PNG files, a folder for each of three classes. @returns Their paths below the folder, class by class. */
export function writePhantoms(dir: string, { perClass, size, dataSeed = 1 }: PhantomFolder): string[] {
  const style = { size, noise: 0.05, dataSeed }
  const classes = ['normal', 'nodule', 'ring'] as const
  const { uris } = phantomRows({ ...style, modality: 'brain-t1', classes, perClass, imagesPerPatient: 1 })
  return uris.map((uri) => {
    const { image } = renderPhantom(parsePhantomId(uri), style)
    const path = `${uri.split('/').slice(1).join('/')}.png`
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    writeFileSync(
      join(dir, path),
      png(size, (at) => image.data[at]!),
    )
    return path
  })
}
