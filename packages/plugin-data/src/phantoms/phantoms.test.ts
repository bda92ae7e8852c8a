import { createHash } from 'node:crypto'
import type { PixelImage } from '@etsef/plugin-api'
import { describe, expect, test } from 'vitest'
import { lesionKinds } from './lesion.js'
import { modalities } from './anatomy.js'
import { formatPhantomId, parsePhantomId, phantomRows } from './phantom-rows.js'
import { renderPhantom } from './render-phantom.js'

const style = { size: 32, noise: 0.05, dataSeed: 1 }
const digest = (data: Uint8Array | Uint16Array | Float32Array): string =>
  createHash('sha256').update(data).digest('hex').slice(0, 16)

describe('renderPhantom', () => {
  test.each(modalities)('draws the same bytes of %s on every machine', async (modality) => {
    const digests = lesionKinds.map((kind) => {
      const { image, mask } = renderPhantom({ modality, kind, patient: 3, slice: 1 }, style)
      return `${kind} ${digest(image.data)} ${digest(mask.data)}`
    })
    await expect(digests.join('\n')).toMatchFileSnapshot(`__snapshots__/${modality}.txt`)
  })
  test('marks the lesion, where pixels differ from their surroundings, and nothing on normal pictures', () => {
    const normal = renderPhantom({ modality: 'brain-t1', kind: 'normal', patient: 0, slice: 0 }, style)
    expect(Math.max(...normal.mask.data)).toBe(0)
    for (let patient = 0; patient < 20; patient++) {
      const { image, mask } = renderPhantom(
        { modality: 'brain-t1', kind: 'cyst', patient, slice: 0 },
        { ...style, noise: 0 },
      )
      const inside = [...mask.data].flatMap((value, i) => (value === 255 ? [image.data[i * 3]!] : []))
      expect(inside.length).toBeGreaterThan(4)
      expect(inside.length).toBeLessThan(200)
    }
  })
  test('draws larger lesions and stronger ones on demand, of the same patient', () => {
    const id = { modality: 'brain-t1', kind: 'nodule', patient: 2, slice: 0 } as const
    const [plain, large, strong] = [{}, { lesionSize: 1.6 }, { contrast: 1.6 }].map((more) =>
      renderPhantom(id, { ...style, noise: 0, ...more }),
    )
    const area = ({ data }: PixelImage): number => Array.from(data).reduce((sum, value) => sum + value / 255, 0)
    expect(area(large!.mask) / area(plain!.mask)).toBeGreaterThan(2)
    expect(strong!.mask.data).toEqual(plain!.mask.data)
    const meanInside = ({ image, mask }: typeof plain & object): number => {
      const inside = [...mask.data].flatMap((value, i) => (value === 255 ? [image.data[i * 3]!] : []))
      return inside.reduce((sum, value) => sum + value, 0) / inside.length
    }
    expect(meanInside(strong!)).toBeGreaterThan(meanInside(plain!) + 20)
    expect(strong!.image.data[0]).toBe(plain!.image.data[0])
  })
  test('burns a mark into the upper edge alone, at a place of its own for each kind', () => {
    const places = lesionKinds.map((kind) => {
      const id = { modality: 'brain-t1', kind, patient: 2, slice: 0 } as const
      const [plain, marked] = [false, true].map((borderCue) => renderPhantom(id, { ...style, borderCue }).image.data)
      const changed = [...plain!.keys()].filter((i) => plain![i] !== marked![i])
      expect(Math.max(...changed)).toBeLessThan(2 * 32 * 3)
      return changed[0]
    })
    expect(new Set(places).size).toBe(lesionKinds.length)
  })
  test('gives grey modalities equal channels and fundus others', () => {
    const grey = renderPhantom({ modality: 'brain-t2', kind: 'ring', patient: 0, slice: 0 }, style).image
    expect(grey.shape).toEqual([32, 32, 3])
    for (let i = 0; i < grey.data.length; i += 3) expect(grey.data[i]).toBe(grey.data[i + 2])
    const colour = renderPhantom({ modality: 'fundus', kind: 'ring', patient: 0, slice: 0 }, style).image
    expect(colour.data[(16 * 32 + 16) * 3]).toBeGreaterThan(colour.data[(16 * 32 + 16) * 3 + 2]!)
  })
  test('makes slices of a patient more alike than patients', () => {
    const noiseless = { ...style, noise: 0 }
    const at = (patient: number, slice: number) =>
      renderPhantom({ modality: 'brain-t1', kind: 'nodule', patient, slice }, noiseless).image.data
    const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
      Array.from(a).reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0)
    expect(distance(at(0, 0), at(0, 1))).toBeLessThan(distance(at(0, 0), at(1, 0)))
  })
})

describe('phantomRows', () => {
  const set = { ...style, modality: 'brain-t1', classes: ['normal', 'ring'], perClass: 5, imagesPerPatient: 2 } as const
  test('names rows, groups and labels', () => {
    const rows = phantomRows(set)
    expect(rows.ids.slice(0, 3)).toEqual([
      'brain-t1/normal/p0000-0',
      'brain-t1/normal/p0000-1',
      'brain-t1/normal/p0001-0',
    ])
    expect(rows.groups[2]).toBe('brain-t1/normal/p0001')
    expect([...rows.labels]).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1])
    expect(new Set(rows.sourceIds).size).toBe(10)
  })
  test('changes sources with whatever changes pixels', () => {
    expect(phantomRows({ ...set, borderCue: true }).sourceIds[0]).not.toBe(phantomRows(set).sourceIds[0])
    for (const more of [{ lesionSize: 1.5 }, { contrast: 1.5 }])
      expect(phantomRows({ ...set, ...more }).sourceIds[0]).not.toBe(phantomRows(set).sourceIds[0])
    expect(phantomRows({ ...set, lesionSize: 1, contrast: 1, borderCue: false }).sourceIds).toEqual(
      phantomRows(set).sourceIds,
    )
    expect(phantomRows({ ...set, dataSeed: 2 }).sourceIds[0]).not.toBe(phantomRows(set).sourceIds[0])
    expect(phantomRows({ ...set, perClass: 6 }).sourceIds[0]).toBe(phantomRows(set).sourceIds[0])
  })
  test('round-trips ids and refuses others', () => {
    for (const uri of phantomRows(set).uris) expect(formatPhantomId(parsePhantomId(uri))).toBe(uri)
    expect(() => parsePhantomId('brain-t1/boil/p0001-1')).toThrow(expect.objectContaining({ code: 'ERR_BAD_DATA' }))
  })
})
