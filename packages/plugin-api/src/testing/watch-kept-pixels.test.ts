import { of } from 'rxjs'
import { Type } from 'typebox'
import { expect, test } from 'vitest'
import type { Operation, SourceArguments } from '../define-operation.js'
import type { PixelImage } from '../payload/images.js'
import { port } from '../port.js'
import { runOperation } from './run-operation.js'

const picture = (value: number): PixelImage => ({ dtype: 'uint8', shape: [1, 2, 1], data: Uint8Array.of(value, 0) })

/** A source of one picture, which hands over `kept` and loads a picture of 1. */
const sourceThat = (kept: PixelImage): Operation => ({
  kind: 'source',
  type: 'some/picture',
  summary: 'One picture',
  cacheVersion: 1,
  options: Type.Object({}, { additionalProperties: false }),
  inputs: {},
  outputs: { images: port.images('it') },
  load: () =>
    Promise.resolve({
      run({ keepPixels }: SourceArguments<unknown>) {
        keepPixels({ port: 'images', uri: 'a.png', sourceId: 'a' }, kept)
        const rows = { ids: ['a'], uris: ['a.png'], sourceIds: ['a'], groups: ['a'], partitions: ['none'] }
        return Promise.resolve({
          images: of({ kind: 'images', ...rows, classNames: ['x'], labels: Int32Array.of(0) }),
        })
      },
      loadPixels: () => Promise.resolve(picture(1)),
    }),
})

async function loadedFrom(operation: Operation): Promise<PixelImage> {
  const { outputs, dispose } = await runOperation(operation)
  try {
    const table = outputs['images']!
    if (!('load' in table)) throw new TypeError('no images')
    return await table.load(0)
  } finally {
    dispose()
  }
}

test('a source may hand over what it loads, and nothing else', async () => {
  expect(await loadedFrom(sourceThat(picture(1)))).toEqual(picture(1))
  await expect(loadedFrom(sourceThat(picture(2)))).rejects.toThrow(
    'some/picture kept another picture of "a.png" than loadPixels gives',
  )
  await expect(loadedFrom(sourceThat({ ...picture(1), shape: [2, 1, 1] }))).rejects.toThrow('kept another picture')
  await expect(loadedFrom(sourceThat({ ...picture(1), shape: [1, 3, 1] }))).rejects.toThrow(
    'as many numbers as another shape',
  )
})
