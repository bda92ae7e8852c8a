import { readFileSync } from 'node:fs'
import { createGraphModel, loadEngine } from '@etsef/nn'
import { createRng } from '@etsef/plugin-api'
import { describe, expect, test } from 'vitest'
import { gameOf, rowGame } from '../../fixtures/games.js'
import { smallCnn } from '../../fixtures/small-cnn.js'
import { linearShapley } from '../chain/affine-chain.js'
import { networkInput } from '../grad-cam/explain-logits.js'
import { networkFunction } from '../pixels/network-function.js'
import { estimateShapley, walkOrders } from './estimate-shapley.js'
import { kernelShapley } from './kernel-shapley.js'

interface AgnosticPeer {
  readonly background: readonly (readonly number[])[]
  readonly rows: readonly (readonly number[])[]
  readonly base: number
  readonly values: Readonly<Record<string, readonly (readonly number[])[]>>
}
interface Peer {
  readonly pairs: AgnosticPeer
  readonly rough: AgnosticPeer
  readonly linear: {
    readonly background: readonly (readonly number[])[]
    readonly rows: readonly (readonly number[])[]
    readonly weights: readonly (readonly number[])[]
    readonly values: readonly (readonly (readonly number[])[])[]
  }
  readonly smallCnn: { readonly values: readonly number[]; readonly base: number }
}

// shap 0.51.0, torch 2.13.0; scripts/peer_shapley.py
const peer = JSON.parse(readFileSync(new URL('../../fixtures/shapley.json', import.meta.url), 'utf8')) as Peer

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
const functions = {
  pairs: (x: readonly number[]) => sum(x.map((value, i) => (i + 1) * value + value ** 2 + value * (x[i + 1] ?? 0))),
  rough: (x: readonly number[]) =>
    Math.tanh(sum(x.map((value, i) => value * [1, -2, 3, -1, 2, 1, -3, 1][i]!))) +
    x.reduce((product, value) => product * value, 1),
}

function expectClose(values: ArrayLike<number>, expected: readonly number[]): void {
  expect(values.length).toBe(expected.length)
  expected.forEach((value, i) => {
    expect(Math.abs(values[i]! - value)).toBeLessThan(1e-6)
  })
}

describe('against shap', () => {
  test.each(['pairs', 'rough'] as const)('kernel and exact values of %s', async (name) => {
    const { background, rows, base, values } = peer[name]
    for (const [i, row] of rows.entries()) {
      const game = rowGame(functions[name], row, background)
      const kernel = await kernelShapley(game, { budget: 5000, rng: createRng(1) })
      const exact = await estimateShapley(game, { budget: 5000, rng: createRng(1) })
      for (const found of [kernel, exact]) {
        expect(found.isExact).toBe(true)
        expect(found.base).toBeCloseTo(base, 9)
        expectClose(found.values, values['kernel']![i]!)
        expectClose(found.values, values['exact']![i]!)
      }
    }
  })
  test('permutation values where no more than two columns interact: one walk forth and back a background is exact', async () => {
    const { background, rows, values } = peer.pairs
    const rng = createRng(5)
    for (const [i, row] of rows.entries()) {
      const orders = background.map(() => rng.shuffle(row.map((_, at) => at)))
      const found = await walkOrders(rowGame(functions.pairs, row, background), orders)
      expectClose(found.values, values['permutation']![i]!)
    }
  })
  test('linear values, with the mean of the background for what is absent', () => {
    const { background, rows, weights, values } = peer.linear
    const means = Float64Array.from(rows[0]!, (_, j) => sum(background.map((row) => row[j]!)) / background.length)
    rows.forEach((row, i) => {
      const own = linearShapley(Float64Array.from(weights.flat()), Float64Array.from(row), means)
      weights.forEach((_, k) => {
        expectClose(own.subarray(k * row.length, (k + 1) * row.length), values[k]![i]!)
      })
    })
  })
  test('kernel values of a network, blocks of pixels being the players', async () => {
    const { model, picture, peer: torch } = smallCnn()
    const network = createGraphModel(await loadEngine({ prefer: 'wasm', threads: 1 }), model.graph, model.weights)
    const f = networkFunction(
      network,
      'logits',
      [0, 1, 2].map((k) => Number(k === torch.target)),
    )
    const point = networkInput([picture], model)
    const blockOf = (at: number): number => 4 * Math.floor(at / 96) + Math.floor((Math.floor(at / 3) % 8) / 2)
    const game = gameOf(
      8,
      (members) => f.values(point.map((value, at) => (members.includes(blockOf(at)) ? value : 0)))[0]!,
    )
    const found = await kernelShapley(game, { budget: 1000, rng: createRng(1) })
    network.dispose()
    expect(found.base).toBeCloseTo(peer.smallCnn.base, 6)
    expectClose(found.values, peer.smallCnn.values)
  })
})
