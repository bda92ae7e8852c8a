import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  buildArchitecture,
  initWeights,
  loadEngine,
  preprocessingOf,
  withHead,
  writeModel,
  type HeadOptions,
  type Model,
} from '@etsef/nn'
import { createRng, type PixelImage } from '@etsef/plugin-api'
import { afterAll, describe, expect, test } from 'vitest'
import { createExplainer } from '../grad-cam/explain-logits.js'
import { placeMap, receptiveGrid } from '../grad-cam/receptive-grid.js'
import maps from './maps.js'
import { openNetworkMapper, type NetworkMapper } from './network-map.js'
import { occlude } from './occlude.js'

const folder = mkdtempSync(join(tmpdir(), 'etsef-maps-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})
const classNames = ['a', 'b', 'c']
const rng = createRng('maps')
const image = (side: number, channels = 3): PixelImage => ({
  dtype: 'uint8',
  shape: [side, side, channels],
  data: Uint8Array.from({ length: side * side * channels }, () => rng.integer(256)),
})

async function written(
  name: string,
  head: HeadOptions | undefined,
  names = classNames,
): Promise<Model & { dir: string }> {
  const backbone = buildArchitecture('mobilenetV2', { inputSize: 64, width: 0.35 })
  const graph = head ? withHead(backbone, head) : backbone
  const preprocessing = preprocessingOf('mobilenetV2', { inputSize: 64 })
  const model = { graph, weights: initWeights(graph, 5), preprocessing, classNames: names, trainingRecord: {} }
  const dir = join(folder, name)
  await writeModel(dir, model)
  return { ...model, dir }
}

describe('the map of a network', () => {
  test.each([
    ['a pool and a dense layer', { numClasses: 3 }],
    ['hidden layers', { numClasses: 3, hidden: [9] }],
    ['a maximum pool', { numClasses: 3, pooling: 'max' as const }],
  ])('with %s is Grad-CAM of the tensor engine', async (name, head) => {
    const { dir, ...model } = await written(name, head)
    const mapper = (await openNetworkMapper(dir, classNames, { engine: 'wasm', threads: 1 })) as NetworkMapper
    const explainer = createExplainer(await loadEngine({ prefer: 'wasm' }), model, { method: 'grad-cam' })
    const { name: layer, shape } = explainer.layer
    const grid = receptiveGrid(model.graph, layer)
    for (const target of [0, 2]) {
      const picture = image(50)
      const raw = explainer.explain([picture], target)[0]!.map
      const expected = placeMap(raw, [shape[0], shape[1]], grid, [64, 64])
      const found = await mapper.map(picture, target)
      const scale = Math.max(...expected.map(Math.abs))
      expect(scale).toBeGreaterThan(0)
      const worst = Math.max(...expected.map((value, at) => Math.abs(value - found[at]!)))
      expect(worst).toBeLessThan(1e-4 * scale)
    }
    explainer.dispose()
    await mapper.close()
  })

  test('is missing, with the reason, where there are no classes or others', async () => {
    const none = await written('backbone', undefined, [])
    const others = await written('others', { numClasses: 3 }, ['x', 'y', 'z'])
    const open = (dir: string) => openNetworkMapper(dir, classNames, { engine: 'wasm', threads: 1 })
    expect(await open(none.dir)).toEqual({ missing: expect.stringContaining('no classes of its own') as string })
    expect(await open(others.dir)).toEqual({ missing: expect.stringContaining('other classes') as string })
  })
})

describe('covering', () => {
  /** A pipeline that sees the mean of one place. */
  const seeing = (top: number, left: number) => (images: readonly PixelImage[]) =>
    Promise.resolve(
      Float64Array.from(images, ({ data, shape }) => {
        let sum = 0
        for (let y = top; y < top + 8; y++)
          for (let x = left; x < left + 8; x++) sum += data[(y * shape[1] + x) * shape[2]]!
        return sum / 64 / 255
      }),
    )
  const dark: PixelImage = { dtype: 'uint8', shape: [64, 64, 1], data: new Uint8Array(64 * 64) }
  const bright = (top: number, left: number): PixelImage => {
    const data = dark.data.slice() as Uint8Array
    for (let y = top; y < top + 8; y++) for (let x = left; x < left + 8; x++) data[y * 64 + x] = 255
    return { ...dark, data }
  }
  const options = { cells: 8, window: 2, batchSize: 5 }

  test.each([
    [24, 40],
    [0, 0],
    [56, 56],
  ])('finds what the score stands on, at %i, %i', async (top, left) => {
    const { map, score } = await occlude(bright(top, left), seeing(top, left), options)
    expect(score).toBe(1)
    const [row, column] = [top / 8, left / 8]
    expect(map.indexOf(Math.max(...map))).toBe(row * 8 + column)
    // Nothing beyond a window's reach.
    map.forEach((value, at) => {
      const far = Math.max(Math.abs(Math.floor(at / 8) - row), Math.abs((at % 8) - column)) > 1
      if (far) expect(value).toBe(0)
    })
  })

  test('does not change the picture, and depends on no batch', async () => {
    const picture = image(33)
    const before = picture.data.slice()
    const ask = (images: readonly PixelImage[]): Promise<Float64Array> =>
      Promise.resolve(
        Float64Array.from(images, ({ data }) =>
          Float64Array.from(data).reduce((sum, value, at) => sum + value * (at % 7), 0),
        ),
      )
    const one = await occlude(picture, ask, { ...options, batchSize: 1 })
    expect(await occlude(picture, ask, { ...options, batchSize: 64 })).toEqual(one)
    expect(picture.data).toEqual(before)
  })
})

test('maps of a picture are of the whole answer first, then of each network', async () => {
  const { dir } = await written('one', { numClasses: 3 })
  const none = await written('two', undefined, [])
  const maker = await maps.openMaps({
    networks: [
      { name: 'tl', dir },
      { name: 'features', dir: none.dir },
    ],
    ...{ classNames, engine: 'wasm', threads: 1, signal: new AbortController().signal },
  })
  const picture = { dtype: 'uint16' as const, shape: [40, 30, 1] as const, data: new Uint16Array(1200).fill(30_000) }
  const made = await maker.explain({
    ...{ image: picture, target: 1, read: new Map() },
    ask: (images) => Promise.resolve(Float64Array.from(images, () => 0.5)),
  })
  await maker.close()
  expect(made.map(({ network, method }) => [network, method])).toEqual([
    [undefined, 'occlusion'],
    ['tl', 'grad-cam'],
    ['features', 'grad-cam'],
  ])
  // The score moves nowhere: no evidence, and a defined picture of it.
  expect(made[0]).toMatchObject({ max: 0, unit: 'score' })
  for (const { overlay, panel } of made.slice(0, 2))
    for (const png of [overlay!, panel!]) expect([...png.subarray(1, 4)]).toEqual([...Buffer.from('PNG')])
  expect(made[2]).toMatchObject({ missing: expect.stringContaining('no classes') as string })
  expect(made[2]).not.toHaveProperty('overlay')
})
