import {
  PipelineError,
  port,
  type ImageBatch,
  type Operation,
  type PixelImage,
  type PredictionBatch,
} from '@etsef/plugin-api'
import { opaqueId } from '@etsef/plugin-api/semantics'
import { describe, expect, test } from 'vitest'
import type { FittedGraph } from './fitted-graph.js'
import type { PredictionHost } from './open-fitted-graph.js'
import { openPredictor } from './open-predictor.js'
import { pictureOf } from './read-pictures.js'
import type { Picture } from './picture-batch.js'

const shared = { summary: 'for tests', cacheVersion: 1, options: { type: 'object' } as never }
const classNames = ['dark', 'bright']

interface Log {
  readonly batches: ImageBatch[]
  numDecoded: number
  numClosed: number
}

/** A source of one-pixel files, a map that inverts pictures, a classifier of brightness, and a vote over two of them. */
function host(log: Log): PredictionHost {
  const operation = (own: Omit<Operation, keyof typeof shared>): Operation => ({ ...shared, ...own })
  const operations = [
    operation({
      kind: 'source',
      type: 'toy/files',
      inputs: {},
      outputs: { images: port.images('pictures') },
      load: () =>
        Promise.resolve({
          decodePicture: ({ bytes, name }: { bytes: Uint8Array; name: string }): Promise<PixelImage> => {
            log.numDecoded++
            if (bytes.length !== 1)
              return Promise.reject(new PipelineError('ERR_BAD_DATA', { message: `Image "${name}" has no pixel` }))
            return Promise.resolve({ dtype: 'uint8', shape: [1, 1, 1], data: bytes })
          },
        }),
    }),
    operation({
      kind: 'map',
      type: 'toy/invert',
      rows: 'images',
      inputs: { images: port.images('pictures') },
      outputs: { images: port.images('inverted') },
      load: () =>
        Promise.resolve({
          open: () =>
            Promise.resolve({
              apply: (batch: ImageBatch) =>
                Promise.resolve({ images: { ...batch, parameters: batch.ids.map(() => 255) } }),
            }),
          loadPixels: async ({ upstream, parameters }: { upstream: () => Promise<PixelImage>; parameters: number }) => {
            const { data, ...image } = await upstream()
            return { ...image, data: Uint8Array.from(data, (value) => parameters - value) }
          },
        }),
    }),
    operation({
      kind: 'estimator',
      type: 'toy/brightness',
      rows: 'images',
      fitOn: ['train'],
      supervised: true,
      inputs: { images: port.images('pictures') },
      outputs: { predictions: port.predictions('classes') },
      load: () =>
        Promise.resolve({
          load: (dir: string) => Promise.resolve(Number(dir)),
          open: ({ state }: { state: number }) =>
            Promise.resolve({
              apply: async (batch: ImageBatch) => {
                log.batches.push(batch)
                const bright = await Promise.all(batch.ids.map(async (_, at) => (await batch.load(at)).data[0]! / 255))
                return {
                  predictions: {
                    ...batch,
                    kind: 'predictions',
                    scores: Float64Array.from(bright.flatMap((value) => [1 - value, value])),
                    scoreKind: 'probability',
                    predicted: Int32Array.from(bright, (value) => (value > state ? 1 : 0)),
                  },
                }
              },
              close: () => {
                log.numClosed++
                return Promise.resolve()
              },
            }),
        }),
    }),
    operation({
      kind: 'estimator',
      type: 'toy/first',
      rows: 'predictions',
      joins: true,
      fitOn: ['val'],
      supervised: true,
      inputs: { predictions: port.predictions.many('members') },
      outputs: { predictions: port.predictions('the first') },
      load: () =>
        Promise.resolve({
          load: () => Promise.resolve({}),
          open: () =>
            Promise.resolve({
              apply: ({ predictions: [first] }: { predictions: { value: PredictionBatch }[] }) =>
                Promise.resolve({ predictions: first!.value }),
            }),
        }),
    }),
  ]
  return {
    operation: (type) => operations.find((each) => each.type === type)!,
    engine: undefined,
    threads: 1,
    signal: new AbortController().signal,
    log: () => undefined,
  }
}

const step = { plugin: 'toy@1', options: {}, seed: '1' }
const images = (node: string) => [{ port: 'images', name: node, from: { node, port: 'images' } }]
const graph: FittedGraph = {
  target: { node: 'vote', port: 'predictions' },
  classNames,
  source: { ...step, node: 'files', type: 'toy/files', port: 'images' },
  steps: [
    { ...step, node: 'inverted', type: 'toy/invert', inputs: images('files') },
    { ...step, node: 'half', type: 'toy/brightness', state: '0.5', inputs: images('inverted') },
    { ...step, node: 'most', type: 'toy/brightness', state: '0.9', inputs: images('files') },
    {
      ...step,
      node: 'vote',
      type: 'toy/first',
      state: '',
      inputs: ['half', 'most'].map((node) => ({
        port: 'predictions',
        name: node,
        from: { node, port: 'predictions' },
      })),
    },
  ],
}

const grey = (value: number, id = `${String(value)}.png`): Picture => pictureOf(id, Uint8Array.of(value))

async function predictor(options: Parameters<typeof openPredictor>[2] = {}) {
  const log: Log = { batches: [], numDecoded: 0, numClosed: 0 }
  return { log, ...(await openPredictor(graph, host(log), options)) }
}

describe('openPredictor', () => {
  test('gives class, scores, margin and what each member says, under the own names of the pictures', async () => {
    const { predict, memberNames } = await predictor()
    const [row] = await predict([grey(51, 'a.png')])
    expect(memberNames).toEqual(['half', 'most'])
    expect(row).toMatchObject({ id: 'a.png', className: 'bright', abstained: false, scoreKind: 'probability' })
    expect(row).toMatchObject({
      scores: { dark: 1 - 0.8, bright: 0.8 },
      members: { half: { className: 'bright' }, most: { className: 'dark' } },
    })
    expect((row as { margin: number }).margin).toBeCloseTo(0.6, 12)
  })
  test('shows operations opaque names, and no labels, groups or partitions', async () => {
    const { predict, log } = await predictor()
    const picture = grey(51, 'bright/a.png')
    await predict([picture])
    const [batch] = log.batches
    const name = opaqueId(picture.id, picture.sha256)
    expect(batch).toMatchObject({ ids: [name], uris: [name], groups: [''], partitions: ['none'] })
    expect([...batch!.labels]).toEqual([-1])
  })
  test('computes equal pictures once, whatever they are called', async () => {
    const { predict, log } = await predictor()
    const rows = await predict([grey(7, 'a.png'), grey(9, 'b.png'), grey(7, 'c.png')])
    expect(rows.map(({ id }) => id)).toEqual(['a.png', 'b.png', 'c.png'])
    expect(log.batches[0]!.ids).toHaveLength(2)
    await predict([grey(9, 'd.png')])
    expect(log.batches).toHaveLength(2)
  })
  test('asks again by name about a picture that something was fitted on', async () => {
    const { predict, log } = await predictor({ seen: new Set([grey(7).sha256]) })
    await predict([grey(7, 'a.png')])
    await predict([grey(7, 'b.png')])
    expect(log.batches).toHaveLength(4)
  })
  test('forgets the oldest answers', async () => {
    const { predict, log } = await predictor({ remembered: 1 })
    for (const value of [1, 2, 1]) await predict([grey(value)])
    expect(log.batches).toHaveLength(6)
  })
  test('gives a broken picture a row with a code, and the others their answers', async () => {
    const { predict } = await predictor()
    const broken = pictureOf('broken.png', Uint8Array.of(1, 2))
    const rows = await predict([grey(10), broken, grey(200)])
    expect(rows.map((row) => ('error' in row ? row.error.code : row.className))).toEqual([
      'bright',
      'ERR_BAD_DATA',
      'dark',
    ])
    expect(rows[1]).toMatchObject({ id: 'broken.png', error: { message: 'Image "broken.png" has no pixel' } })
  })
  test('answers many calls at once, one after the other', async () => {
    const { predict } = await predictor()
    const rows = await Promise.all([1, 2, 3, 250].map(async (value) => (await predict([grey(value)]))[0]))
    expect(rows.map((row) => row?.id)).toEqual(['1.png', '2.png', '3.png', '250.png'])
  })
  test('closes every step', async () => {
    const { close, log } = await predictor()
    await close()
    expect(log.numClosed).toBe(2)
  })
  test('refuses a source that decodes no pictures but its own', async () => {
    const log: Log = { batches: [], numDecoded: 0, numClosed: 0 }
    const plain = host(log)
    const deaf: PredictionHost = {
      ...plain,
      operation: (type) =>
        type === 'toy/files' ? { ...plain.operation(type), load: () => Promise.resolve({}) } : plain.operation(type),
    }
    await expect(openPredictor(graph, deaf)).rejects.toMatchObject({ code: 'ERR_NOT_REPLAYABLE', node: 'files' })
  })
})
