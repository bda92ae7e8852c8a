import {
  buildArchitecture,
  initWeights,
  loadEngine,
  preprocessingOf,
  withHead,
  type HeadOptions,
  type Model,
} from '@etsef/nn'
import { createRng, type PixelImage } from '@etsef/plugin-api'
import { describe, expect, test } from 'vitest'
import { camMethods } from './cam-methods.js'
import { createExplainer, type LogitExplanation } from './explain-logits.js'
import { explainRows } from './explain-rows.js'
import { openExplainer } from './open-explainer.js'

const rng = createRng('explainer')
const pictures = Array.from({ length: 5 }, (): PixelImage => {
  return { dtype: 'uint8', shape: [40, 50, 3], data: Uint8Array.from({ length: 6000 }, () => rng.integer(256)) }
})

function networkWith(head: HeadOptions): Model {
  const graph = withHead(buildArchitecture('mobilenetV2', { inputSize: 64, width: 0.35 }), head)
  const preprocessing = preprocessingOf('mobilenetV2', { inputSize: 64 })
  return { graph, weights: initWeights(graph, 5), preprocessing, classNames: ['a', 'b', 'c'], trainingRecord: {} }
}

function expectSame(found: readonly LogitExplanation[], expected: readonly LogitExplanation[]): void {
  expect(found.map(({ target, predicted }) => [target, predicted])).toEqual(
    expected.map(({ target, predicted }) => [target, predicted]),
  )
  expected.forEach(({ map, logits, additivityResidual }, i) => {
    const worst = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
      Array.from(a).reduce((most, value, at) => Math.max(most, Math.abs(value - b[at]!)), 0)
    const scale = Math.max(...map.map(Math.abs))
    expect(scale).toBeGreaterThan(0)
    expect(worst(map, found[i]!.map)).toBeLessThan(1e-4 * scale)
    expect(worst(logits, found[i]!.logits)).toBeLessThan(1e-4)
    expect(Number.isNaN(found[i]!.additivityResidual)).toBe(Number.isNaN(additivityResidual))
    if (!Number.isNaN(additivityResidual)) expect(found[i]!.additivityResidual).toBeLessThan(1e-4)
  })
}

describe('maps by ONNX Runtime and the closed gradient of the head are those of the tensor engine', () => {
  test.each([
    ['one dense layer', { numClasses: 3 }],
    ['hidden layers', { numClasses: 3, hidden: [9] }],
  ])('under %s, for every method that weighs by gradients', async (_, head) => {
    const model = networkWith(head)
    const engine = await loadEngine({ prefer: 'wasm' })
    for (const method of camMethods) {
      const opened = await openExplainer(model, { method, engine: 'wasm', threads: 2, selfCheck: false })
      const reference = createExplainer(engine, model, { method })
      // The crew's threads explain two batches at a time: it is not the engine that answers.
      expect(opened.numAtOnce).toBe(2)
      const signal = new AbortController().signal
      const load = (row: number): Promise<PixelImage> => Promise.resolve(pictures[row]!)
      expectSame(
        await explainRows(opened, [0, 1, 2, 3, 4], load, { batchSize: 2, signal }),
        reference.explain(pictures),
      )
      expectSame(await opened.explain(pictures.slice(0, 1), 2), reference.explain(pictures.slice(0, 1), 2))
      reference.dispose()
      await opened.close()
    }
  })

  test('and what they cannot give, the engine gives', async () => {
    const options = { engine: 'wasm', threads: 2, selfCheck: false }
    for (const [method, head, targetLayer] of [
      ['grad-cam', { numClasses: 3, pooling: 'max' }, undefined],
      ['grad-cam', { numClasses: 3 }, 'Conv_1'],
      ['eigen-cam', { numClasses: 3 }, undefined],
    ] as const) {
      const named = targetLayer === undefined ? {} : { targetLayer }
      const opened = await openExplainer(networkWith(head), { method, ...named, ...options })
      const reference = createExplainer(await loadEngine({ prefer: 'wasm' }), networkWith(head), { method, ...named })
      expect(opened.numAtOnce).toBe(1)
      expectSame(await opened.explain(pictures), reference.explain(pictures))
      reference.dispose()
      await opened.close()
    }
  })
})

test('rows are explained in their order, however long each takes, and an abort ends it', async () => {
  const explained: number[][] = []
  const waiting: (() => void)[] = []
  const explainer = {
    numAtOnce: 2,
    explain: (some: readonly PixelImage[]) =>
      new Promise<LogitExplanation[]>((resolve) => {
        explained.push(some.map(({ data }) => data[0]!))
        const answer = some.map(({ data }) => ({ target: data[0] }) as LogitExplanation)
        waiting.push(() => {
          resolve(answer)
        })
        // The first batch is answered after the second.
        if (waiting.length >= 2 || explained.length === 3) for (const go of waiting.splice(0).reverse()) go()
      }),
  }
  const load = (row: number): Promise<PixelImage> =>
    Promise.resolve({ dtype: 'uint8', shape: [1, 1, 1], data: Uint8Array.of(row) })
  const signal = new AbortController().signal
  const found = await explainRows(explainer, [7, 3, 5, 1, 9], load, { batchSize: 2, signal })
  expect(found.map(({ target }) => target)).toEqual([7, 3, 5, 1, 9])
  expect(explained.flat().sort()).toEqual([1, 3, 5, 7, 9])
  await expect(explainRows(explainer, [1], load, { batchSize: 2, signal: AbortSignal.abort() })).rejects.toThrow()
})
