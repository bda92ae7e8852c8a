import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AttributionBatch, ImageBatch, PredictionBatch, ReportValue } from '@etsef/plugin-api'
import { runOperation, someImages } from '@etsef/plugin-api/testing'
import { loadEngine, writeModel } from '@etsef/nn'
import { afterAll, describe, expect, test } from 'vitest'
import { brightnessPredictor } from '../../fixtures/brightness-predictor.js'
import { tinyGraph, tinyModel } from '../../fixtures/tiny-models.js'
import { votingPredictor } from '../../fixtures/voting-predictor.js'
import { createExplainer, type LogitExplanation } from '../grad-cam/explain-logits.js'
import { normalizeMap } from '../grad-cam/normalize-map.js'
import plugin from '../plugin.js'
import type { CasesJson } from './cases-json.js'

const root = mkdtempSync(join(tmpdir(), 'etsef-cases-'))
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})

const operation = plugin.operations.find(({ type }) => type === 'xai/cases')!

interface Given {
  readonly images?: ImageBatch
  readonly predictor?: ReturnType<typeof votingPredictor>
  readonly maps?: readonly AttributionBatch[]
  readonly models?: readonly string[]
  readonly change?: (predictions: PredictionBatch) => PredictionBatch
}

const tell = async (
  options: Record<string, unknown> = {},
  { images = someImages(), predictor = votingPredictor(), maps = [], models = [], change = (same) => same }: Given = {},
): Promise<CasesJson & { readonly metrics: ReportValue['metrics']; readonly files: readonly boolean[] }> => {
  const answers = (await votingPredictor().apply(images)) as PredictionBatch
  const predictions = change({ ...answers, labels: images.labels, partitions: images.partitions })
  const attributions = maps.map((value, i) => ({ name: `maps${String(i + 1)}`, value }))
  const { outputs, dispose } = await runOperation(operation, {
    options,
    inputs: {
      ...{ images, predictor, predictions, attributions },
      models: models.map((dir, i) => ({ name: `net${String(i + 1)}`, value: { kind: 'model' as const, dir } })),
    },
    engine: 'wasm',
  })
  const { dir, metrics } = outputs['report'] as ReportValue
  const json = JSON.parse(readFileSync(join(dir, 'cases.json'), 'utf8')) as CasesJson
  const named = json.cases.flatMap(({ picture, maps: own }) => [picture, ...own.map(({ file }) => file)])
  const files = named.map(
    (file) => existsSync(join(dir, file)) && readFileSync(join(dir, file)).readUInt16BE() === 0xffd8,
  )
  dispose()
  return { ...json, metrics, files }
}

/** Maps of some rows of images. */
function mapsOf(images: ImageBatch, rows: readonly number[], more: Partial<AttributionBatch> = {}): AttributionBatch {
  const { ids, sourceIds, labels, groups, partitions, classNames } = images
  const pick = <T>(values: readonly T[]): T[] => rows.map((row) => values[row]!)
  return {
    kind: 'attributions',
    ...{ ids: pick(ids), sourceIds: pick(sourceIds), groups: pick(groups), partitions: pick(partitions), classNames },
    labels: Int32Array.from(rows, (row) => labels[row]!),
    values: Float32Array.from({ length: rows.length * 4 }, (_, i) => (i % 4) - 1),
    shape: [2, 2],
    method: 'grad-cam',
    unit: 'logit',
    targets: Int32Array.from(rows, () => 1),
    empty: new Uint8Array(rows.length),
    additivityResidual: new Float64Array(rows.length).fill(NaN),
    ...more,
  }
}

describe('xai/cases', () => {
  test('tells wrong cases first, of the others those that have a map, each with its picture and its maps', async () => {
    const images = someImages()
    const tests = images.partitions.flatMap((partition, row) => (partition === 'test' ? [row] : []))
    const all = await tell({}, { images })
    const isWrong = new Set(all.cases.filter(({ isRight }) => isRight === false).map(({ id }) => id))
    expect(isWrong.size).toBeGreaterThan(1)
    const right = tests.filter((row) => !isWrong.has(images.ids[row]!))
    const wrong = tests.filter((row) => isWrong.has(images.ids[row]!))
    const mapped = [right[1]!, wrong[1]!]
    const { cases, files, numCases, numRows, numWrong } = await tell({}, { images, maps: [mapsOf(images, mapped)] })
    expect([numRows, numWrong, numCases]).toEqual([tests.length, wrong.length, wrong.length + 1])
    const others = wrong.filter((row) => row !== wrong[1])
    expect(cases.map(({ id }) => id)).toEqual([wrong[1]!, ...others, right[1]!].map((row) => images.ids[row]!))
    expect(cases.map(({ maps }) => maps.length)).toEqual([1, ...others.map(() => 0), 1])
    expect(cases[0]!.maps[0]).toMatchObject({ name: 'maps1', unit: 'logit', max: 2, isEmpty: false })
    expect(files).toHaveLength(cases.length + 2)
    expect(files.every(Boolean)).toBe(true)
  })

  test('says what each member says, and shares of it that sum to the margin of the vote', async () => {
    const images = someImages()
    const { cases, unit, metrics } = await tell({}, { images })
    const said = await votingPredictor().trace(images)
    expect(unit).toBe('margin')
    expect(metrics['residual']).toBeLessThan(1e-9)
    for (const { id, value, classifiers, baseModels } of cases) {
      expect(classifiers.members.map(({ name }) => name)).toEqual(['left', 'right', 'bright'])
      expect(baseModels!.members.map(({ name, says }) => [name, says])).toEqual([
        ['net1', null],
        ['net2', null],
      ])
      for (const { name, says } of classifiers.members) {
        const { predicted, classNames, ids } = said.get(`${name}.predictions`) as PredictionBatch
        expect(says).toBe(classNames[predicted[ids.indexOf(id)]!])
      }
      for (const { base, members } of [classifiers, baseModels!])
        expect(members.reduce((sum, { share }) => sum + share, base)).toBeCloseTo(value, 9)
    }
  })

  test('shows what a network sees of the answer, and where that is wrong of the true class', async () => {
    const dir = join(root, 'model')
    await writeModel(dir, tinyModel())
    const images = someImages()
    const { cases, files } = await tell({}, { images, models: [dir] })
    expect(files.every(Boolean)).toBe(true)
    const explainer = createExplainer(await loadEngine({ prefer: 'wasm' }), tinyModel(), { method: 'grad-cam' })
    const wrong = cases.filter(({ isRight }) => isRight === false)
    expect(wrong.length).toBeGreaterThan(1)
    for (const { id, isRight, explainedClass, trueClass, maps } of cases) {
      const wanted = isRight === true ? [explainedClass] : [explainedClass, trueClass!]
      expect(maps.map((map) => [map.name, map.method, map.explainedClass])).toEqual(
        wanted.map((name) => ['net1', 'grad-cam', name]),
      )
      const picture = await images.load(images.ids.indexOf(id))
      for (const { explainedClass: name, isEmpty } of maps) {
        const [{ map }] = explainer.explain([picture], images.classNames.indexOf(name)) as [LogitExplanation]
        expect(isEmpty).toBe(normalizeMap(map).isEmpty)
      }
    }
    explainer.dispose()
    await writeModel(join(root, 'headless'), tinyModel(tinyGraph('none')))
    await expect(tell({}, { images, models: [join(root, 'headless')] })).rejects.toMatchObject({
      code: 'ERR_CLASS_LIST',
      port: 'models',
    })
  })

  test('stops at the most cases, and counts what it leaves out', async () => {
    const { cases, numCases, numRows, numWrong } = await tell({ maxCases: 1 })
    expect([cases.length, numCases]).toEqual([1, 1])
    expect(numRows).toBeGreaterThan(numWrong)
    expect(cases[0]!.isRight).toBe(false)
  })

  test('a vote of members that always abstain is wrong, and shared out as nothing', async () => {
    const mute = votingPredictor({ mute: ['left', 'right', 'bright'] })
    const silent = (predictions: PredictionBatch): PredictionBatch => ({
      ...predictions,
      predicted: new Int32Array(predictions.ids.length).fill(-1),
    })
    const { cases } = await tell({}, { predictor: mute, change: silent })
    for (const { answer, isRight, value, classifiers, baseModels } of cases) {
      expect([answer, isRight, value]).toEqual([null, false, 0])
      expect(classifiers.members.every(({ says, share }) => says === null && share === 0)).toBe(true)
      expect(baseModels!.members.every(({ share }) => share === 0)).toBe(true)
    }
  })

  test('an empty map stays without colour, and is told as one', async () => {
    const images = someImages()
    const rows = images.partitions.flatMap((partition, row) => (partition === 'test' ? [row] : []))
    const nothing = mapsOf(images, rows, { values: new Float32Array(rows.length * 4).fill(-1) })
    const { cases } = await tell({}, { images, maps: [nothing] })
    for (const { maps } of cases) expect(maps).toMatchObject([{ max: 0, isEmpty: true }])
  })

  test('refuses the predictions of another vote, attributions that are no maps, a predictor without members, and no rows', async () => {
    const images = someImages()
    const turned = (predictions: PredictionBatch): PredictionBatch => ({
      ...predictions,
      predicted: predictions.predicted.map((answer) => 1 - answer),
    })
    await expect(tell({}, { change: turned })).rejects.toMatchObject({ code: 'ERR_NOT_ADDITIVE' })
    await expect(tell({}, { images, maps: [mapsOf(images, [0], { shape: [4] })] })).rejects.toMatchObject({
      code: 'ERR_SHAPE_MISMATCH',
      port: 'attributions',
    })
    await expect(tell({}, { predictor: brightnessPredictor() })).rejects.toMatchObject({ code: 'ERR_PORT_KIND' })
    await expect(
      tell({ partition: 'val' }, { images: someImages({ partition: (row) => (row % 2 ? 'test' : 'train') }) }),
    ).rejects.toMatchObject({
      code: 'ERR_TOO_FEW_ROWS',
    })
  })
})
