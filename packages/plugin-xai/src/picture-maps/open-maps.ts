import type { MapMaker, MapPicture, MapsRequest, PictureMap, PixelImage } from '@etsef/plugin-api'
import { normalizeMap } from '../grad-cam/normalize-map.js'
import { drawPanel, formatNumber } from '../overlay/draw-panel.js'
import { drawOverlay } from './draw-overlay.js'
import { openNetworkMapper, type NetworkMapper, type NoMap } from './network-map.js'
import { occlude } from './occlude.js'

/** 8 × 8 cells, windows of 2 × 2: 81 covered pictures. */
const occlusion = { cells: 8, window: 2, batchSize: 16 }

/** Opens the networks, and makes maps of pictures one after the other. */
export async function openMaps({ networks, classNames, signal, ...options }: MapsRequest): Promise<MapMaker> {
  const opened: { readonly name: string; readonly mapper: NetworkMapper | NoMap }[] = []
  const close = async (): Promise<void> => {
    for (const { mapper } of opened.splice(0)) if ('map' in mapper) await mapper.close()
  }
  try {
    for (const { name, dir } of networks)
      opened.push({ name, mapper: await openNetworkMapper(dir, classNames, options) })
  } catch (thrown) {
    await close()
    throw thrown
  }
  return {
    async explain(picture) {
      const className = classNames[picture.target]!
      const maps = [await wholeMap(picture, className)]
      for (const { name, mapper } of opened) {
        signal.throwIfAborted()
        maps.push(await networkMap(picture, className, name, mapper))
      }
      return maps
    },
    close,
  }
}

async function wholeMap({ image, ask }: MapPicture, className: string): Promise<PictureMap> {
  const { map, cells } = await occlude(image, ask, occlusion)
  return {
    ...{ network: undefined, method: 'occlusion', unit: 'score' },
    meaning: `How far the score of ${className} falls when a part of the picture is covered. It asks the whole pipeline, so it holds for the vote itself; what cannot be covered by one window it does not see.`,
    ...(await drawn(image, map, [cells, cells], {
      className,
      caption: 'occlusion of the whole answer',
      unit: 'score',
    })),
  }
}

async function networkMap(
  { image, target, read }: MapPicture,
  className: string,
  name: string,
  mapper: NetworkMapper | NoMap,
): Promise<PictureMap> {
  const common = { network: name, method: 'grad-cam' }
  const meaning = `Where the network ${name} sees ${className} by its own head. Classifiers that come after it read its features, not this map, and may answer otherwise.`
  if ('missing' in mapper) return { ...common, meaning, missing: mapper.missing }
  const map = await mapper.map(read.get(name) ?? image, target)
  const caption = `grad-cam of ${name}, by its own head`
  return {
    ...{ ...common, meaning, unit: 'logit' },
    ...(await drawn(image, map, mapper.shape, { className, caption, unit: 'logit' })),
  }
}

async function drawn(
  image: PixelImage,
  map: Float64Array,
  mapShape: readonly [number, number],
  { className, caption, unit }: { readonly className: string; readonly caption: string; readonly unit: string },
): Promise<Pick<PictureMap, 'max' | 'overlay' | 'panel'>> {
  const shown = asBytes(image)
  const { max, isEmpty } = normalizeMap(map)
  const evidence = isEmpty ? 'no positive evidence' : `max ${formatNumber(max)} ${unit}`
  const panel = drawPanel({
    ...{ image: shown, map, mapShape, unit, explainedClass: className, scaleMax: max || 1 },
    caption: [`${caption}, ${evidence}`],
  })
  return {
    max,
    overlay: await drawOverlay(shown, map, mapShape).encode('png'),
    panel: await panel.encode('png'),
  }
}

/** A picture as it can be shown: 8 bits, red, green, blue. */
function asBytes(image: PixelImage): PixelImage {
  const [height, width, channels] = image.shape
  if (image.dtype === 'uint8' && (channels === 1 || channels === 3)) return image
  const scale = image.dtype === 'uint16' ? 1 / 257 : 1
  const data = Uint8Array.from({ length: height * width * 3 }, (_, at) => {
    const [pixel, colour] = [Math.floor(at / 3), at % 3]
    return Math.min(255, Math.max(0, Math.round(image.data[pixel * channels + (channels > 2 ? colour : 0)]! * scale)))
  })
  return { dtype: 'uint8', shape: [height, width, 3], data }
}
