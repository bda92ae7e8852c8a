import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { leakProject } from '../support/leak-project.js'
import { png } from '../support/png.js'

const classNames = ['Γλοίωμα', 'Опухоль', '脑膜瘤']
/** A patient's name of 80 characters. */
const patient = (n: number): string => `patient-${'0123456789'.repeat(7)}${String(n).padStart(2, '0')}`

const pipeline = `
name: scripts
seed: 3
primaryMetric: balancedAccuracy
nodes:
  scans:   { use: data/folder, with: { path: images } }
  split:   { use: data/split, in: { images: scans }, with: { train: 0.5, val: 0.25, test: 0.25 } }
  start:   { use: backbones/pretrained, with: { architecture: mobilenetV1, width: 0.25, cut: conv_pw_2_relu, inputSize: 32 } }
  tl:      { use: backbones/finetune, in: { images: split, init: start }, with: { epochs: 1, headEpochs: 1, headHidden: [4] } }
  rf:      { use: ensemble/random-forest, in: { features: tl.features } }
  knn:     { use: ensemble/knn, in: { features: tl.features } }
  vote:    { use: ensemble/vote, in: { predictions: [rf, knn] } }
  scores:  { use: report/evaluate, in: { predictions: [rf, knn, vote] }, with: { resamples: 100 } }
  figures: { use: report/figures, in: { predictions: rf, features: tl.features }, with: { maxIter: 60 } }
  cam:     { use: xai/grad-cam, in: { images: split, model: tl.model } }
  overlay: { use: xai/overlay, in: { attributions: cam, images: split, predictions: vote } }
  shap:    { use: xai/tree-shap, in: { features: tl.features, model: rf.model } }
  columns: { use: report/attributions, in: { attributions: shap, features: tl.features } }
  page:    { use: report/html, in: { reports: [scores, figures, columns] } }
`

const project = leakProject()
const runs: string[] = []

beforeAll(async () => {
  classNames.forEach((name, c) => {
    mkdirSync(join(project.path, 'images', name), { recursive: true })
    for (let n = 0; n < 12; n++) writeFileSync(join(project.path, 'images', name, `${patient(n)}.png`), scan(c, n))
  })
  for (const jobs of ['1', '3']) {
    const store = `store-${jobs}`
    const { status, run } = await project.run(pipeline, '--jobs', jobs, '--store', store)
    expect(status).toBe('ok')
    runs.push(join(project.path, store, 'runs', run, 'reports'))
  }
})
afterAll(() => {
  project.dispose()
})

/** Stripes, with a bright upper half of a class's own. */
function scan(classIndex: number, n: number): Buffer {
  return png(32, (at) => ((at * 7) % 90) + n * 3 + (at < 32 * 16 * 3 ? classIndex * 60 : 0))
}

/** Contents of all files of a folder by path. */
function filesOf(dir: string): Map<string, Buffer> {
  const names = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return new Map(
    names.map((entry) => {
      const path = join(entry.parentPath, entry.name)
      return [path.slice(dir.length + 1), readFileSync(path)] as const
    }),
  )
}

test('tables, charts, overlays and page have the same bytes one at a time and side by side', () => {
  const [first, second] = runs.map(filesOf)
  expect([...first!.keys()].filter((path) => /\.(png|svg|vl\.json|html)$/.test(path)).length).toBeGreaterThan(20)
  expect([...second!.keys()].sort()).toEqual([...first!.keys()].sort())
  for (const [path, content] of first!) expect(content.equals(second!.get(path)!), path).toBe(true)
})

test('class names and patients stand whole in charts, tables and page', () => {
  const files = filesOf(runs[0]!)
  const text = (path: string): string => files.get(path)!.toString('utf8')
  for (const name of classNames) {
    for (const path of ['figures/confusion-matrix.svg', 'figures/t-sne.svg', 'columns/columns.svg', 'scores/table.md'])
      expect(text(path), path).toContain(name)
  }
  expect(text('scores/predictions.csv')).toContain(patient(0).slice(0, 70))
  expect(text('page/index.html')).toContain('脑膜瘤')
})
