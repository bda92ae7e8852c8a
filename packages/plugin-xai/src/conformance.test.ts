import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeModel } from '@etsef/nn'
import type { AttributionBatch } from '@etsef/plugin-api'
import { checkPlugin, someImages, someRows } from '@etsef/plugin-api/testing'
import { afterAll } from 'vitest'
import plugin from './plugin.js'
import { tinyModel } from '../fixtures/tiny-models.js'

const root = mkdtempSync(join(tmpdir(), 'etsef-conformance-'))
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})

function someAttributions(): AttributionBatch {
  const rows = someRows({ numSamples: 10 })
  return {
    kind: 'attributions',
    ...rows,
    values: Float32Array.from({ length: 160 }, (_, i) => (i % 7) - 2),
    shape: [4, 4],
    method: 'grad-cam',
    unit: 'logit',
    targets: rows.labels,
    empty: new Uint8Array(10),
    additivityResidual: new Float64Array(10).fill(NaN),
  }
}

checkPlugin(plugin, {
  cases: {
    'xai/grad-cam': async () => {
      const dir = join(root, 'model')
      await writeModel(dir, tinyModel())
      return { inputs: { images: someImages(), model: { kind: 'model', dir } }, engine: 'wasm' }
    },
    'xai/overlay': () => ({ inputs: { attributions: someAttributions(), images: someImages({ numSamples: 10 }) } }),
  },
})
