import { buildArchitecture, cutAfter, initWeights, loadEngine, openPixelStore, viewPresets } from '@etsef/nn'
import { createRng, type ImageBatch } from '@etsef/plugin-api'
import { parsePhantomId, phantomRows, renderPhantom } from '@etsef/plugin-data'
import { planProbe, simclrMethod, simsiamMethod, supconMethod, trainSelfSupervised } from '@etsef/plugin-simclr'
import { expect, test } from 'vitest'

/** `ETSEF_SSL_SEEDS=20` for the full figure. */
const numSeeds = Number(process.env['ETSEF_SSL_SEEDS'] ?? 1)

const set = { modality: 'brain-t1', classes: ['normal', 'nodule', 'ring'], perClass: 16, imagesPerPatient: 2, size: 32, noise: 0.02, dataSeed: 1 } as const // prettier-ignore
/** Classes that a network of two blocks can tell after 200 steps: whose head it is. Lesions of a few pixels are not among them. */
const patientsOf = (groups: readonly string[]): Int32Array => Int32Array.from(groups, (group) => groups.indexOf(group))
const graph = cutAfter(buildArchitecture('mobilenetV1', { inputSize: 32, width: 0.25 }), 'conv_pw_1_relu')
const head = { widths: [32, 32], batchNorm: 'none', momentum: 0.9 } as const
const methods = [
  simclrMethod(head, 0.5),
  simclrMethod({ ...head, batchNorm: 'published' }, 0.2),
  supconMethod(head, 0.5),
  simsiamMethod({ ...head, batchNorm: 'affineless' }, 8),
]

/** Steps enough for every rule that stops a training to have its say: that of the position waits for 200. */
const epochs = 70

test(
  `pre-trainings of ${String(numSeeds)} seeds on phantoms are not stopped`,
  { timeout: (1 + numSeeds) * 300_000 },
  async () => {
    const rows = phantomRows(set)
    const images = { ...rows, parentIds: rows.ids, transforms: rows.ids.map(() => []), load: (i: number) => Promise.resolve(renderPhantom(parsePhantomId(rows.ids[i]!), set).image) } satisfies ImageBatch // prettier-ignore
    const pixels = await openPixelStore(images, { side: 32 })
    const engine = await loadEngine({ prefer: 'auto' })
    for (let seed = 0; seed < numSeeds; seed++) {
      for (const method of methods) {
        const { history } = await trainSelfSupervised({
          engine,
          method,
          graph,
          weights: initWeights(graph, seed),
          pixels,
          preprocessing: 'tf',
          labels: patientsOf(rows.groups),
          probe: planProbe(rows, createRng(seed)),
          seed,
          options: { epochs, batchSize: 16, learningRate: 3e-3, warmupEpochs: 1, views: viewPresets.light },
        })
        expect(history.length).toBe(epochs)
        const last = history.at(-1)!
        // Healthy: what learns nothing is rightly stopped.
        expect(last.position).toBeLessThan(0.98)
        process.stderr.write(`${method.name} ${String(seed)}: position ${(last.position ?? NaN).toFixed(3)}, std ${last.std.toFixed(3)}, rank ${last.rankMe.toFixed(1)}, linear ${(last.linear ?? NaN).toFixed(2)}\n`) // prettier-ignore
      }
    }
  },
)
