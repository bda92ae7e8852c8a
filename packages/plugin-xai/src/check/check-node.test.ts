import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeModel } from '@etsef/nn'
import type { AttributionBatch, ImageBatch, PixelImage, ReportValue } from '@etsef/plugin-api'
import { runOperation, someImages } from '@etsef/plugin-api/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { brightnessPredictor } from '../../fixtures/brightness-predictor.js'
import { brightnessModel } from '../../fixtures/tiny-models.js'
import plugin from '../plugin.js'

const operation = plugin.operations.find(({ type }) => type === 'xai/check')!
const root = mkdtempSync(join(tmpdir(), 'etsef-check-'))
const model = { kind: 'model' as const, dir: join(root, 'model') }
beforeAll(() => writeModel(model.dir, brightnessModel()))
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})

/** Bright where the predictor looks, for class 0; noise beside it. */
const images = someImages({ numSamples: 60 })
const quarter: PixelImage = {
  dtype: 'uint8',
  shape: [16, 16, 1],
  data: Uint8Array.from({ length: 256 }, (_, at) => (at < 128 && at % 16 < 8 ? 255 : 0)),
}

function mapsOf(value: (at: number) => number, method = 'hand-made'): AttributionBatch {
  const rows = images.ids.flatMap((_, row) =>
    images.partitions[row] === 'test' && images.labels[row] === 0 ? [row] : [],
  )
  const pick = <T>(values: ArrayLike<T>): T[] => rows.map((row) => values[row]!)
  return {
    kind: 'attributions',
    ids: pick(images.ids),
    sourceIds: pick(images.sourceIds),
    labels: Int32Array.from(pick(images.labels)),
    groups: pick(images.groups),
    partitions: pick(images.partitions),
    classNames: images.classNames,
    values: Float32Array.from(rows.flatMap(() => Array.from({ length: 256 }, (_, at) => value(at)))),
    shape: [16, 16],
    method,
    unit: 'margin',
    targets: new Int32Array(rows.length),
    empty: new Uint8Array(rows.length),
    additivityResidual: new Float64Array(rows.length),
  }
}

const inQuarter = (at: number): boolean => at < 128 && at % 16 < 8

async function judge(
  attributions: Readonly<Record<string, AttributionBatch>>,
  more: object = {},
): Promise<{ metrics: ReportValue['metrics']; text: string }> {
  const { outputs, dispose } = await runOperation(operation, {
    options: { maxImages: 4, randomizations: 2 },
    inputs: {
      attributions: Object.entries(attributions).map(([name, value]) => ({ name, value })),
      images,
      predictor: brightnessPredictor(),
      masks: { ...images, load: () => Promise.resolve(quarter) } satisfies ImageBatch,
      ...more,
    },
    engine: 'wasm',
  })
  const { dir, metrics } = outputs['report'] as ReportValue
  const text = readFileSync(join(dir, 'check.md'), 'utf8')
  dispose()
  return { metrics, text }
}

describe('xai/check', () => {
  test('tells a map of where the predictor looks from one of elsewhere, and both from a random one', async () => {
    const { metrics } = await judge({
      right: mapsOf((at) => (inQuarter(at) ? 1 : 0)),
      wrong: mapsOf((at) => (inQuarter(at) ? 0 : 1)),
    })
    expect(metrics['right.pointing']).toBe(1)
    expect(metrics['wrong.pointing']).toBe(0)
    expect(metrics['right.relevanceMass']).toBe(1)
    expect(metrics['right.road.low']).toBeGreaterThan(0)
    expect(metrics['wrong.road']).toBeLessThan(0)
    expect(metrics['right.deletion']).toBeLessThan(metrics['right.deletion.random']!)
    expect(metrics['right.insertion']).toBeGreaterThan(metrics['right.insertion.random']!)
    expect(metrics['right.infidelity']).toBeLessThan(metrics['right.infidelity.random']!)
    expect(metrics['right.randomisation']).toBeUndefined()
  })

  test('takes of a map of superpixels the one that got most, of any other the maximum', async () => {
    // A single dense pixel beside the lesion, which got less than the quarter.
    const value = (at: number): number => (at === 255 ? 5 : inQuarter(at) ? 1 : 0)
    const { metrics } = await judge({ vote: mapsOf(value, 'vote-shap'), pixels: mapsOf(value) })
    expect(metrics['vote.pointing']).toBe(1)
    expect(metrics['pixels.pointing']).toBe(0)
  })

  test('asks of a class activation map whether the network matters', async () => {
    const { metrics, text } = await judge({ cam: mapsOf((at) => at, 'grad-cam') }, { model })
    expect(Math.abs(metrics['cam.randomisation']!)).toBeLessThanOrEqual(1)
    expect(metrics['cam.randomisation.standardError']).toBeGreaterThan(0)
    expect(metrics['cam.maxSensitivity']).toBeGreaterThanOrEqual(0)
    expect(text).toContain('0 % of the layers kept')
  })

  test('judges empty maps without a number that is none', async () => {
    const { metrics } = await judge({ empty: mapsOf(() => 0) })
    expect(metrics['empty.emptyMaps']).toBe(4)
    for (const value of Object.values(metrics)) expect(value === null || Number.isFinite(value)).toBe(true)
    expect(metrics['empty.pointing']).toBe(0)
  })

  test('refuses vectors, and maps of other images', async () => {
    await expect(judge({ vectors: { ...mapsOf(() => 1), shape: [256] } })).rejects.toMatchObject({
      code: 'ERR_SHAPE_MISMATCH',
    })
    const maps = mapsOf(() => 1)
    const others = someImages({ numSamples: 60, idPrefix: 'other-' })
    await expect(judge({ maps }, { images: others })).rejects.toMatchObject({
      code: 'ERR_MISSING_ID',
      port: 'images',
    })
  })
})
