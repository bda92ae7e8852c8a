import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { etsef, root, temporaryFolder } from '../support/etsef.js'

const folder = temporaryFolder()
afterAll(() => {
  folder.dispose()
})

const start = `seed: 1
nodes:
  scans: { use: data/phantoms, with: { size: 16, perClass: 20, classes: [normal, ring] } }
  split: { use: data/split, in: { images: scans } }
  start: { use: backbones/pretrained, with: { architecture: mobilenetV2, width: 0.35, inputSize: 32 } }
  vectors: { use: backbones/extract, in: { images: split, model: start } }
  svm: { use: ensemble/linear-svm, in: { features: vectors } }
  forest: { use: ensemble/random-forest, in: { features: vectors } }
  tuned: { use: ensemble/tune, in: { features: vectors }, with: { classifier: xgboost, space: { maxDepth: [2, 3] } } }
  tuned-knn: { use: ensemble/tune, in: { features: vectors }, with: { classifier: knn, space: { neighbors: [1, 3] } } }
  pca: { use: ensemble/pca, in: { features: vectors }, with: { components: 4 } }
`

async function validate(name: string, nodes: string): Promise<{ readonly code: number | null; readonly text: string }> {
  const file = join(folder.path, `${name}.yaml`)
  writeFileSync(file, start + nodes)
  const { code, stdout, stderr } = await etsef(['validate', file], { cwd: root })
  return { code, text: stdout + stderr }
}

test('a model that cannot be used where it is wired is refused, each with its line', async () => {
  const { code, text } = await validate(
    'wrong',
    `  tuned-net: { use: backbones/finetune, in: { images: split, init: svm.model } }
  self: { use: simclr/pretrain, in: { images: split, init: pca.model } }
  maps: { use: xai/grad-cam, in: { images: split, model: forest.model } }
  shap: { use: xai/tree-shap, in: { features: vectors, model: svm.model } }
  shap-knn: { use: xai/tree-shap, in: { features: vectors, model: tuned-knn.model } }
  shap-net: { use: xai/tree-shap, in: { features: vectors, model: start } }
`,
  )
  expect(code).toBe(2)
  expect(text.match(/ERR_MODEL_KIND.*:(\d+):/g)?.map((line) => Number(/:(\d+):$/.exec(line)![1]))).toEqual([
    12, 13, 14, 15, 16, 17,
  ])
  expect(text).toContain('expected  network\n  received  classifier (linear-svm) from output "model" of "svm" (ensemble/linear-svm)\n  hint      did you mean "start"?') // prettier-ignore
  expect(text).toContain('received  projection (pca)')
  expect(text).toContain('expected  classifier (xgboost or random-forest)')
  expect(text).toContain('received  classifier (knn) from output "model" of "tuned-knn" (ensemble/tune)')
  expect(text).toContain('received  network (mobilenetV2) from output "model" of "start"')
})

test('models of the kind that is asked for are taken, tuned ones too', async () => {
  const { code, text } = await validate(
    'right',
    `  self: { use: simclr/pretrain, in: { images: split, init: start } }
  net: { use: backbones/finetune, in: { images: split, init: self } }
  maps: { use: xai/grad-cam, in: { images: split, model: net } }
  shap: { use: xai/tree-shap, in: { features: vectors, model: forest.model } }
  shap-tuned: { use: xai/tree-shap, in: { features: vectors, model: tuned.model } }
`,
  )
  expect(text).not.toContain('ERR_')
  expect(code).toBe(0)
})
