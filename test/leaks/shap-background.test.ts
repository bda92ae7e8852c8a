import { afterAll, expect, test } from 'vitest'
import { leakProject } from '../support/leak-project.js'

const project = leakProject()
afterAll(() => {
  project.dispose()
})

const pipeline = `
name: shap
seed: 1
nodes:
  scans: { use: data/phantoms, with: { size: 8, perClass: 15, imagesPerPatient: 3 } }
  split: { use: data/split, in: { images: scans } }
  pixels: { use: leaky/pixels, in: { images: split } }
  xgb: { use: ensemble/xgboost, in: { features: pixels }, with: { rounds: 10 } }
  shap: { use: xai/tree-shap, in: { features: pixels, model: xgb.model }, with: { background: 20 } }
  columns: { use: report/attributions, in: { attributions: shap, features: pixels } }
`

test('attributions against train rows add up in a whole run, and are reported of test rows', async () => {
  const summary = await project.run(pipeline)
  expect(summary.status).toBe('ok')
  const { n, additivityResidual } = summary.nodes['columns']?.metrics ?? {}
  expect(n).toBeGreaterThanOrEqual(8)
  expect(additivityResidual).toBeLessThan(1e-9)
})

test('rows that no split has parted cannot be a background', async () => {
  const [problem, ...more] = await project.validate(
    `${pipeline}  whole: { use: leaky/pixels, in: { images: scans } }
  other: { use: xai/tree-shap, in: { features: whole, model: xgb.model } }
`,
  )
  expect(more).toEqual([])
  expect(problem).toMatchObject({
    code: 'ERR_LEAKAGE',
    node: 'other',
    message: expect.stringContaining('rows that no split has parted') as string,
  })
})
