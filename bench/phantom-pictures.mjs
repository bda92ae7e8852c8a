// Shared by benches that ask about pictures.
import { parsePhantomId, phantomRows, renderPhantom } from '@etsef/plugin-data'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'

/** Synthetic scans as JPEG files of 320 pixels, a folder a class or all in one. */
export async function writePictures(to, { perClass, dataSeed, inFolders }) {
  const style = { size: 320, noise: 0.05, dataSeed }
  const classes = ['normal', 'nodule', 'ring']
  const { uris } = phantomRows({ ...style, modality: 'brain-t1', classes, perClass, imagesPerPatient: 1 })
  for (const uri of uris) {
    const { image } = renderPhantom(parsePhantomId(uri), style)
    const [, name, file] = uri.split('/')
    const folder = inFolders ? join(to, name) : to
    mkdirSync(folder, { recursive: true })
    const [height, width, channels] = image.shape
    await sharp(Buffer.from(image.data), { raw: { height, width, channels } })
      .jpeg()
      .toFile(join(folder, inFolders ? `${file}.jpg` : `${name}-${file}.jpg`))
  }
  return to
}
