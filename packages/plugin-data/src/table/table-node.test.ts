import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ImageBatch } from '@etsef/plugin-api'
import { runOperation } from '@etsef/plugin-api/testing'
import { parquetWriteBuffer } from 'hyparquet-writer'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import plugin from '../plugin.js'

const operation = plugin.operations.find(({ type }) => type === 'data/table')!
const root = mkdtempSync(join(tmpdir(), 'etsef-table-'))
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})

/** 4 × 3 pixels that count up from `start`. */
const counting = (start: number) => Uint8Array.from({ length: 36 }, (_, i) => start + i)
beforeAll(async () => {
  mkdirSync(join(root, 'scans'))
  for (let i = 0; i < 6; i++)
    writeFileSync(
      join(root, 'scans', `${String(i)}.png`),
      await sharp(counting(i), { raw: { width: 4, height: 3, channels: 3 } })
        .png()
        .toBuffer(),
    )
})

async function rowsOf(table: string, options: Record<string, unknown> = {}) {
  const result = await runOperation(operation, {
    options: { path: root, table: join(root, table), ...options },
    inputs: {},
  })
  const images = result.outputs['images'] as ImageBatch
  const pixels = await Promise.all(images.ids.map((_, row) => images.load(row)))
  return { images, pixels, logs: result.logs }
}

const csv = `file,label,patient,x,y,w,h,sex
scans/0.png,a,p1,,,,,f
scans/1.png,a,p1,1,0,2,2,m
scans/1.png,b,p1,0,2,1,1,m
scans/2.png,b,p2,,,,,
`

const options = { groupColumn: 'patient', boxColumns: ['x', 'y', 'w', 'h'], attributes: ['sex'] }

test('gives rows with groups and attributes, and pixels cut to the box of each', async () => {
  writeFileSync(join(root, 'set.csv'), csv)
  const { images, pixels } = await rowsOf('set.csv', options)
  const place = (id: string) => images.ids.indexOf(id)
  expect([...images.ids].sort()).toEqual([
    'scans/0.png',
    'scans/1.png#xywh=0,2,1,1',
    'scans/1.png#xywh=1,0,2,2',
    'scans/2.png',
  ])
  const boxed = place('scans/1.png#xywh=1,0,2,2')
  expect([images.labels[boxed], images.groups[boxed], images.attributes!['sex']![boxed]]).toEqual([0, 'p1', 'm'])
  expect(images.attributes!['sex']![place('scans/2.png')]).toBe('')
  expect(pixels[boxed]!.shape).toEqual([2, 2, 3])
  expect([...pixels[boxed]!.data]).toEqual([4, 5, 6, 7, 8, 9, 16, 17, 18, 19, 20, 21])
  expect([...pixels[place('scans/1.png#xywh=0,2,1,1')]!.data]).toEqual([25, 26, 27])
  expect([...pixels[place('scans/0.png')]!.data]).toEqual([...counting(0)])
})

test('a Parquet file with the same cells gives the same rows', async () => {
  writeFileSync(join(root, 'set.csv'), csv)
  const [header, ...records] = csv
    .trim()
    .split('\n')
    .map((line) => line.split(','))
  const isNumber = (name: string): boolean => 'xywh'.includes(name)
  const parquet = parquetWriteBuffer({
    columnData: header!.map((name, at) => ({
      name,
      data: records.map((record) => (record[at] === '' ? null : isNumber(name) ? Number(record[at]) : record[at]!)),
      type: isNumber(name) ? ('INT32' as const) : ('STRING' as const),
      nullable: true,
    })),
  })
  writeFileSync(join(root, 'set.parquet'), Buffer.from(parquet))
  const fromCsv = await rowsOf('set.csv', options)
  const fromParquet = await rowsOf('set.parquet', options)
  expect(fromParquet.images).toEqual({ ...fromCsv.images, load: expect.any(Function) as unknown })
  expect(fromParquet.pixels).toEqual(fromCsv.pixels)
  await expect(rowsOf('set.parquet', { ...options, labelColumn: 'class' })).rejects.toMatchObject({
    code: 'ERR_BAD_OPTION',
  })
  writeFileSync(join(root, 'cut.parquet'), Buffer.from(parquet).subarray(0, 60))
  await expect(rowsOf('cut.parquet', options)).rejects.toMatchObject({ code: 'ERR_BAD_DATA' })
})

test('refuses all pictures that cannot be decoded at once, or drops them', async () => {
  writeFileSync(join(root, 'scans/broken.png'), 'no picture')
  writeFileSync(join(root, 'scans/empty.png'), '')
  writeFileSync(
    join(root, 'broken.csv'),
    'file,label,x,y,w,h\nscans/0.png,a,,,,\nscans/broken.png,a,,,,\nscans/empty.png,b,,,,\nscans/1.png,b,3,0,2,1\nscans/2.png,b,,,,\n',
  )
  const boxes = { boxColumns: ['x', 'y', 'w', 'h'] }
  await expect(rowsOf('broken.csv', boxes)).rejects.toThrow(
    /3 problems with 5 images:[\s\S]*broken\.png[\s\S]*box of "scans\/1\.png" reaches beyond[\s\S]*empty\.png/,
  )
  const { images } = await rowsOf('broken.csv', { ...boxes, onBroken: 'drop' })
  expect([...images.ids].sort()).toEqual(['scans/0.png', 'scans/2.png'])
})

test('the same picture in two classes is refused, two boxes of one picture are not', async () => {
  writeFileSync(join(root, 'twice.csv'), 'file,label\nscans/0.png,a\nscans/3.png,b\nscans/twin.png,b\n')
  writeFileSync(
    join(root, 'scans/twin.png'),
    await sharp(counting(0), { raw: { width: 4, height: 3, channels: 3 } })
      .png()
      .toBuffer(),
  )
  await expect(rowsOf('twice.csv')).rejects.toThrow(/the same image in two classes/)
  expect((await rowsOf('twice.csv', { onDuplicate: 'drop' }).catch((error: unknown) => error)) as Error).toMatchObject({
    code: 'ERR_TOO_FEW_ROWS',
  })
})
