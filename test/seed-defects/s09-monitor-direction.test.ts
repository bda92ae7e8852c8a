import { loadEngine, trainClassifier } from '@etsef/nn'
import { expect, test } from 'vitest'
import { tinyExamples, tinyNetwork } from '../support/tiny-network.js'

/** `ModelCheckpoint(monitor='loss', save_best_only=True, mode='max')`: epoch (from 1) of the file that is left at the end. */
function notebookEpoch(losses: readonly number[]): number {
  return losses.indexOf(Math.max(...losses)) + 1
}

test('S9: the notebooks keep the worst epoch; ours is the best on validation, whichever way the figure points', async () => {
  const engine = await loadEngine({ prefer: 'wasm' })
  const train = tinyExamples(18, 'train')
  const validation = tinyExamples(12, 'validation')
  for (const metric of ['loss', 'balancedAccuracy'] as const) {
    const result = await trainClassifier({
      engine,
      ...tinyNetwork(),
      train,
      validation,
      seed: 's09',
      // Few pictures and a high rate: the last epoch is not the best one.
      options: {
        epochs: 6,
        batchSize: 6,
        learningRate: 0.003,
        freeze: 'stage4',
        schedule: { kind: 'none' },
        earlyStopping: { patience: 6, metric },
      },
    })
    const figures = result.history.map(({ validation }) => validation![metric])
    const best = metric === 'loss' ? Math.min(...figures) : Math.max(...figures)
    expect(figures[result.bestEpoch - 1], metric).toBe(best)
    const losses = result.history.map(({ validation }) => validation!.loss)
    expect(losses[notebookEpoch(losses) - 1]).toBe(Math.max(...losses))
    expect(result.bestEpoch).not.toBe(notebookEpoch(losses))
    expect(result.bestEpoch).toBeLessThan(losses.length)
  }
})
