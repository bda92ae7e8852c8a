import { buildArchitecture, initWeights, writeModel } from '@etsef/nn'
import { checkPlugin, someImages } from '@etsef/plugin-api/testing'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import plugin from './plugin.js'

const dir = mkdtempSync(join(tmpdir(), 'etsef-simclr-'))
beforeAll(async () => {
  const graph = buildArchitecture('mobilenetV2', { inputSize: 32, width: 0.35 })
  await writeModel(dir, {
    graph,
    weights: initWeights(graph, 1),
    classNames: [],
    preprocessing: 'tf',
    trainingRecord: {},
  })
})
afterAll(() => {
  rmSync(dir, { recursive: true, force: true })
})

const inputs = () => ({ images: someImages({ numSamples: 24 }), init: { kind: 'model' as const, dir } })

checkPlugin(plugin, {
  cases: {
    'simclr/pretrain': () => ({
      options: {
        epochs: 1,
        batchSize: 8,
        optimizer: 'lars',
        projectionNorm: 'published',
        projection: ['features', 16],
      },
      inputs: inputs(),
    }),
    'simclr/supcon': () => ({
      options: { epochs: 1, batchSize: 8, chunk: 4 },
      inputs: { ...inputs(), unlabelled: [{ name: 'corpus', value: someImages({ numSamples: 12, seed: 9 }) }] },
    }),
    'simclr/simsiam': () => ({ options: { epochs: 1, batchSize: 8, projection: [16, 16] }, inputs: inputs() }),
  },
})
