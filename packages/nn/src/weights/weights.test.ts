import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fc, test as prop } from '@fast-check/vitest'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildArchitecture, preprocessingOf } from '../architectures/build-architecture.js'
import { withHead } from '../graph/head.js'
import { initWeights } from '../graph/init-weights.js'
import { parametersOf } from '../graph/parameters.js'
import { readModel, writeModel } from '../model-dir/model-dir.js'
import { weightsFromKeras } from './from-keras.js'
import { preprocessingOfFile } from './load-weights.js'
import { parseSafetensors, serializeSafetensors } from './safetensors.js'
import { readTfjsLayers } from './tfjs-layers.js'

const shared = process.env['ETSEF_SHARED'] ?? join(import.meta.dirname, '../../../../../shared')
const teachable = join(shared, 'weights/teachable-mobilenet-v2-0.35-224/model.json')
const partial = join(shared, 'weights/mobilenet-v1-1.0-224-tfjs-partial/model.json')

let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'etsef-nn-'))
})
afterAll(() => rm(dir, { recursive: true }))

describe('safetensors', () => {
  const one = new Map([['a', { shape: [2, 1], data: Float32Array.of(1, -2) }]])
  const withHeader = (header: object, data: number): Uint8Array => {
    const json = new TextEncoder().encode(JSON.stringify(header))
    const bytes = new Uint8Array(8 + json.length + data)
    new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true)
    bytes.set(json, 8)
    return bytes
  }

  prop.prop([fc.dictionary(fc.string({ minLength: 1 }), fc.float32Array({ maxLength: 8 }), { noNullPrototype: true })])(
    'gives back what was written',
    (arrays) => {
      const tensors = new Map(
        Object.entries(arrays).map(([name, data]) => [`t${name}`, { shape: [data.length], data }]),
      )
      const back = parseSafetensors(serializeSafetensors(tensors, { by: 'test' }))
      expect(back.metadata).toEqual({ by: 'test' })
      expect([...back.tensors]).toEqual([...tensors])
    },
  )

  test.each([
    ['a cut-off file', serializeSafetensors(one).subarray(0, -1), /cut off/],
    ['bytes after the end', Uint8Array.of(...serializeSafetensors(one), 0), /after its last tensor/],
    [
      'overlaps',
      withHeader(
        { a: { dtype: 'U8', shape: [2], data_offsets: [0, 2] }, b: { dtype: 'U8', shape: [2], data_offsets: [1, 3] } },
        3,
      ),
      /overlaps/,
    ],
    ['holes', withHeader({ a: { dtype: 'U8', shape: [1], data_offsets: [1, 2] } }, 2), /hole/],
    ['sizes that disagree', withHeader({ a: { dtype: 'F32', shape: [2], data_offsets: [0, 4] } }, 4), /does not fill/],
    ['unknown dtypes', withHeader({ a: { dtype: 'C64', shape: [1], data_offsets: [0, 8] } }, 8), /dtype/],
    ['a header that is not JSON', Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0x7b), /not JSON/],
    ['a huge header', Uint8Array.of(255, 255, 255, 255, 255, 255, 0, 0, 0), /cut off/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => parseSafetensors(bytes)).toThrow(message)
  })

  test('widens half precision', () => {
    const bytes = withHeader(
      { h: { dtype: 'F16', shape: [3], data_offsets: [0, 6] }, b: { dtype: 'BF16', shape: [1], data_offsets: [6, 8] } },
      8,
    )
    bytes.set([0x00, 0x3c, 0x01, 0x00, 0x00, 0xc1, 0xc0, 0x3f], bytes.length - 8)
    const { tensors } = parseSafetensors(bytes)
    expect([...tensors.get('h')!.data]).toEqual([1, 2 ** -24, -2.5])
    expect([...tensors.get('b')!.data]).toEqual([1.5])
  })
})

describe('TF.js layers format', () => {
  test('widens quantised weights and reports groups without files', async () => {
    const weights = [
      { name: 'conv/kernel', shape: [2], dtype: 'float32', quantization: { dtype: 'uint8', scale: 0.5, min: -1 } },
      { name: 'conv/bias', shape: [1], dtype: 'float32' },
    ]
    const manifest = [
      { paths: ['w.bin'], weights },
      { paths: ['gone.bin'], weights: [{ name: 'later/kernel', shape: [1], dtype: 'float32' }] },
    ]
    await writeFile(join(dir, 'model.json'), JSON.stringify({ weightsManifest: manifest }))
    await writeFile(join(dir, 'w.bin'), Uint8Array.of(0, 3, 0, 0, 128, 63))
    const { tensors, missing } = await readTfjsLayers(join(dir, 'model.json'))
    expect([...tensors.get('conv/kernel')!.data]).toEqual([-1, 0.5])
    expect([...tensors.get('conv/bias')!.data]).toEqual([1])
    expect(missing).toEqual(['later/kernel'])
  })

  test.each(['../w.bin', '/etc/passwd'])('refuses the shard path %s', async (path) => {
    const file = join(dir, 'outside.json')
    await writeFile(file, JSON.stringify({ weightsManifest: [{ paths: [path], weights: [] }] }))
    await expect(readTfjsLayers(file)).rejects.toMatchObject({ code: 'ERR_WEIGHTS' })
  })

  test('refuses a shard that a link leads out for, is no file, or stands twice', async () => {
    const folder = join(dir, 'linked')
    await mkdir(join(folder, 'folder.bin'), { recursive: true })
    await writeFile(join(dir, 'secret.bin'), new Uint8Array(4))
    await writeFile(join(folder, 'own.bin'), new Uint8Array(4))
    await symlink(join(dir, 'secret.bin'), join(folder, 'link.bin'))
    await mkdir(join(folder, '.store'))
    await writeFile(join(folder, '.store/part.bin'), new Uint8Array(4))
    await symlink('.store/part.bin', join(folder, 'inside.bin'))
    await symlink('own.bin', join(folder, 'same.bin'))
    const read = async (...paths: readonly string[]) => {
      const weights = [{ name: 'a', shape: [paths.length], dtype: 'float32' }]
      await writeFile(join(folder, 'model.json'), JSON.stringify({ weightsManifest: [{ paths, weights }] }))
      return (await readTfjsLayers(join(folder, 'model.json'))).tensors.size
    }
    await expect(read('link.bin')).rejects.toThrow(/"link.bin" is a link that leaves the folder/)
    await expect(read('folder.bin')).rejects.toThrow(/no regular file/)
    await expect(read('own.bin', 'own.bin')).rejects.toThrow(/"own.bin" twice/)
    await expect(read('own.bin', 'same.bin')).rejects.toThrow(/"same.bin" twice/)
    expect(await read('own.bin', 'inside.bin')).toBe(1)
  })

  test.skipIf(!existsSync(teachable))(
    'fits all 260 backbone tensors of a Teachable Machine export (needs ../shared/weights)',
    async () => {
      const { tensors, missing } = await readTfjsLayers(teachable)
      const graph = withHead(buildArchitecture('mobilenetV2', { width: 0.35 }), { numClasses: 5 })
      const fitted = weightsFromKeras(graph, tensors)
      expect(missing).toEqual([])
      expect(fitted.weights.size).toBe(260)
      expect(fitted.missingHead).toEqual(['logits/kernel', 'logits/bias'])
      expect(fitted.unused).toHaveLength(3)
      expect([...fitted.weights.get('Conv1/kernel')!.shape]).toEqual([3, 3, 3, 16])
    },
  )

  test.skipIf(!existsSync(partial))(
    'fits a cut MobileNetV1 and names what a whole one lacks (needs ../shared/weights)',
    async () => {
      const { tensors, missing } = await readTfjsLayers(partial)
      expect(missing).toContain('conv_pw_13/kernel')
      expect(() => weightsFromKeras(buildArchitecture('mobilenetV1'), tensors)).toThrow(/lacks 5 .* conv_pw_13\/kernel/)
      const graph = buildArchitecture('mobilenetV1', { cut: 'conv_dw_13_relu' })
      expect(weightsFromKeras(graph, tensors).weights.size).toBe(parametersOf(graph).length)
    },
  )

  test('names the first weight of another shape', () => {
    const graph = buildArchitecture('mobilenetV2', { width: 0.5 })
    expect(() => weightsFromKeras(graph, initWeights(buildArchitecture('mobilenetV2'), 1))).toThrow(/Conv1\/kernel/)
  })
})

test('the input contract is that of the published file, whose name is known, else that of the variant', () => {
  const of = (file: string) => preprocessingOfFile('efficientnetV2S', `/anywhere/${file}`, { variant: 'keras' })
  expect(of('tf_efficientnetv2_s_21ft1k-d7dafa41.pth')).toMatchObject({ mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] })
  expect(of('efficientnetv2-s_notop.h5')).toEqual(preprocessingOf('efficientnetV2S', { variant: 'keras' }))
  expect(of('mine.h5')).toEqual(preprocessingOf('efficientnetV2S', { variant: 'keras' }))
  expect(of('mine.h5')).not.toEqual(of('tf_efficientnetv2_s_21ft1k-d7dafa41.pth'))
})

describe('model directory', () => {
  const graph = withHead(buildArchitecture('mobilenetV1', { width: 0.25, inputSize: 32 }), {
    numClasses: 2,
    hidden: [8],
    dropout: 0.1,
  })
  const model = {
    graph,
    weights: initWeights(graph, 7),
    classNames: ['a', 'b'],
    preprocessing: 'tf',
    trainingRecord: { epochs: 1 },
  } as const

  test('gives back what was written, with equal bytes the second time', async () => {
    await writeModel(join(dir, 'm'), model)
    const back = await readModel(join(dir, 'm'))
    expect(back.graph).toEqual(graph)
    expect(back.classNames).toEqual(['a', 'b'])
    expect(back.preprocessing).toBe('tf')
    expect(back.weights.get('logits/kernel')).toEqual(model.weights.get('logits/kernel'))
    await writeModel(join(dir, 'm2'), back)
    for (const file of ['model.json', 'weights.safetensors']) {
      expect((await readFile(join(dir, 'm', file))).equals(await readFile(join(dir, 'm2', file)))).toBe(true)
    }
  })

  test('refuses a graph with an unknown operation', async () => {
    await writeModel(join(dir, 'bad'), model)
    const path = join(dir, 'bad', 'model.json')
    await writeFile(path, (await readFile(path, 'utf8')).replace('"op": "dense"', '"op": "eval"'))
    await expect(readModel(join(dir, 'bad'))).rejects.toMatchObject({ code: 'ERR_WEIGHTS' })
  })

  test('refuses weights of another shape', async () => {
    await expect(writeModel(join(dir, 'x'), { ...model, weights: new Map() })).rejects.toMatchObject({
      code: 'ERR_WEIGHTS',
    })
  })
})
