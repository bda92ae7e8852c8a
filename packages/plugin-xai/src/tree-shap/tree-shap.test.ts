import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRng } from '@etsef/plugin-api'
import { outputsOf, readTreeEnsemble, type TreeEnsemble } from '@etsef/plugin-api/models'
import { fc, test as prop } from '@fast-check/vitest'
import { afterAll, describe, expect, test } from 'vitest'
import { saveTrees, type SavedTrees } from '../../fixtures/tree-models.js'
import { checkAdditivity } from './additivity.js'
import { treeExplainer } from './interventional-tree-shap.js'
import { interactionExplainer } from './interventional-tree-interactions.js'

interface Fixture {
  readonly peers: Readonly<Record<string, string>>
  readonly cases: readonly (Pick<SavedTrees, 'numClasses' | 'trees' | 'leafValues'> & {
    readonly name: string
    readonly background: readonly (readonly number[])[]
    readonly explained: readonly (readonly number[])[]
    readonly output: readonly (readonly number[])[]
    readonly base: readonly number[]
    /** `[row][output][feature]`. */
    readonly values: readonly (readonly (readonly number[])[])[]
  })[]
}

const root = mkdtempSync(join(tmpdir(), 'etsef-shap-'))
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})
const { peers, cases } = JSON.parse(
  readFileSync(new URL('../../fixtures/tree-shap.json', import.meta.url), 'utf8'),
) as Fixture

describe(`TreeSHAP of shap ${peers['shap'] ?? ''} on xgboost ${peers['xgboost'] ?? ''} and scikit-learn ${peers['sklearn'] ?? ''}`, () => {
  test.for(cases)('$name', async ({ name, background, explained, output, base, values, ...saved }) => {
    const kind = name.startsWith('xgboost') ? 'xgboost' : 'random-forest'
    const isBinary = output[0]!.length === 1
    const dir = join(root, name.replaceAll(/\W+/g, '-'))
    saveTrees(dir, { ...saved, kind, isBinary, featureNames: explained[0]!.map((_, j) => `f${String(j)}`) })
    const ensemble = await readTreeEnsemble(dir)
    const explainer = treeExplainer(ensemble, Float32Array.from(background.flat()))
    explained.forEach((row, i) => {
      const outputs = outputsOf(ensemble, Float32Array.from(row))
      const found = explainer.explain(Float32Array.from(row))
      expectNear(outputs, output[i]!)
      expectNear(found, values[i]!.flat())
      expect(checkAdditivity(found, { base: explainer.base, outputs }, 'x')).toBeLessThan(1e-12)
    })
    expectNear(explainer.base, base)
  })
})

/** The peers add float32 leaves in float32: seven digits. */
function expectNear(received: ArrayLike<number>, expected: readonly number[]): void {
  expect(received.length).toBe(expected.length)
  expected.forEach((value, i) => {
    expect(Math.abs(received[i]! - value), `value ${String(i)}: ${String(received[i])}, ${String(value)}`).toBeLessThan(
      1e-6 * Math.max(1, Math.abs(value)),
    )
  })
}

const stump = (trees: Record<'roots' | 'features' | 'thresholds' | 'lefts' | 'rights', number[]>, leaves: number[]) => {
  const ensemble: TreeEnsemble = {
    kind: 'random-forest',
    featureNames: ['a', 'b'],
    trees: {
      roots: Int32Array.from(trees.roots),
      features: Int32Array.from(trees.features),
      thresholds: Float64Array.from(trees.thresholds),
      lefts: Int32Array.from(trees.lefts),
      rights: Int32Array.from(trees.rights),
    },
    leafValues: Float64Array.from(leaves),
    leafWidth: 1,
    numOutputs: 1,
    base: 0,
    equalGoesLeft: true,
    numClasses: 1,
    classes: Int32Array.of(0),
    unit: 'probability',
  }
  return ensemble
}

// Fitted on (0,0) → 0, (0,1) → 1, (1,0) → 1, (1,1) → 4, (2,0) → 5, (2,1) → 9: a ≤ 1.5, below it a ≤ 0.5, above it b ≤ 0.5.
const ofDepth2 = stump(
  {
    roots: [0],
    features: [0, 0, -1, -1, 1, -1, -1],
    thresholds: [1.5, 0.5, 0, 0, 0.5, 0, 0],
    lefts: [1, 2, 0, 1, 5, 2, 3],
    rights: [4, 3, 0, 0, 6, 0, 0],
  },
  [0.5, 2.5, 5, 9],
)
const points = [0, 0, 0, 1, 1, 0, 1, 1, 2, 0, 2, 1]

test('gives the values of a tree of depth 2 that were worked by hand and by shap', () => {
  const explainer = treeExplainer(ofDepth2, Float32Array.from(points))
  expect(explainer.base[0]).toBeCloseTo(10 / 3, 12)
  // shap 0.51.0 in sixths.
  const sixths = [-15, -2, -19, 2, -3, -2, -7, 2, 18, -8, 26, 8]
  for (let i = 0; i < 12; i += 2) {
    const found = explainer.explain(Float32Array.from(points.slice(i, i + 2)))
    expect(found[0]).toBeCloseTo(sixths[i]! / 6, 9)
    expect(found[1]).toBeCloseTo(sixths[i + 1]! / 6, 9)
  }
})

test('gives the interactions of the same tree that shap gives', () => {
  const interactions = interactionExplainer(ofDepth2, Float32Array.from(points))
  const explainer = treeExplainer(ofDepth2, Float32Array.from(points))
  const found = interactions.explain(Float32Array.of(1, 1), 0)
  // shap 0.51.0 shap_interaction_values, of the row at 3 (counted from 0).
  ;[-5 / 6, -1 / 3, -1 / 3, 2 / 3].forEach((value, i) => expect(found[i]).toBeCloseTo(value, 12))
  expect(interactions.base[0]).toBeCloseTo(10 / 3, 12)
  for (let i = 0; i < 12; i += 2) {
    const row = Float32Array.from(points.slice(i, i + 2))
    const pairs = interactions.explain(row, 0)
    expect(pairs[1]).toBe(pairs[2])
    explainer.explain(row).forEach((value, j) => expect(pairs[2 * j]! + pairs[2 * j + 1]!).toBeCloseTo(value, 12))
  }
})

/** Shapley values by the definition: over all coalitions, features outside it from the background row. */
function byDefinition(ensemble: TreeEnsemble, row: Float32Array, background: readonly Float32Array[]): Float64Array {
  const d = row.length
  const { numOutputs } = ensemble
  const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1))
  const values = new Float64Array(numOutputs * d)
  for (const other of background) {
    const worth = Array.from({ length: 1 << d }, (_, coalition) =>
      outputsOf(
        ensemble,
        Float32Array.from(row, (value, j) => ((coalition >> j) & 1 ? value : other[j]!)),
      ),
    )
    for (let j = 0; j < d; j++) {
      for (let coalition = 0; coalition < 1 << d; coalition++) {
        if ((coalition >> j) & 1) continue
        const size = [...Array(d).keys()].filter((k) => (coalition >> k) & 1).length
        const weight = (factorial(size) * factorial(d - size - 1)) / factorial(d) / background.length
        for (let k = 0; k < numOutputs; k++)
          values[k * d + j]! += weight * (worth[coalition | (1 << j)]![k]! - worth[coalition]![k]!)
      }
    }
  }
  return values
}

/** Random trees whose features come back along a path. */
function randomEnsemble(seed: number, leafWidth: number): TreeEnsemble {
  const rng = createRng(seed, 'trees')
  const [roots, features, thresholds, lefts, rights, leaves]: number[][] = [[], [], [], [], [], []]
  const grow = (depth: number): number => {
    const node = features!.length
    for (const column of [features, thresholds, lefts, rights]) column!.push(0)
    if (depth === 0 || rng.next() < 0.2) {
      features![node] = -1
      lefts![node] = leaves!.length / leafWidth
      for (let k = 0; k < leafWidth; k++) leaves!.push(rng.normal())
      return node
    }
    features![node] = rng.integer(4)
    thresholds![node] = rng.integer(5)
    lefts![node] = grow(depth - 1)
    rights![node] = grow(depth - 1)
    return node
  }
  for (let t = 0; t < 6; t++) roots!.push(grow(5))
  const base = stump(
    { roots: roots!, features: features!, thresholds: thresholds!, lefts: lefts!, rights: rights! },
    leaves!,
  )
  const numOutputs = leafWidth === 1 ? 2 : leafWidth
  return { ...base, featureNames: ['a', 'b', 'c', 'd'], leafWidth, numOutputs, equalGoesLeft: leafWidth > 1 }
}

const aRow = fc.array(fc.nat(5), { minLength: 4, maxLength: 4 })
prop.prop([fc.nat(10_000), fc.constantFrom(1, 3), aRow, fc.array(aRow, { minLength: 1, maxLength: 4 })], {
  numRuns: 60,
})('equals the definition, sum over all coalitions', (seed, leafWidth, row, background) => {
  const ensemble = randomEnsemble(seed, leafWidth)
  const explainer = treeExplainer(ensemble, Float32Array.from(background.flat()))
  const found = explainer.explain(Float32Array.from(row))
  const expected = byDefinition(
    ensemble,
    Float32Array.from(row),
    background.map((other) => Float32Array.from(other)),
  )
  expected.forEach((value, i) => {
    expect(found[i]).toBeCloseTo(value, 9)
  })
  const outputs = outputsOf(ensemble, Float32Array.from(row))
  expect(checkAdditivity(found, { base: explainer.base, outputs }, 'x')).toBeLessThan(1e-9)
})

/** Interaction values off the diagonal by the definition: over all coalitions without the two, half of what they add together beyond what each adds. */
function interactionsByDefinition(
  ensemble: TreeEnsemble,
  row: Float32Array,
  background: readonly Float32Array[],
  output: number,
): Float64Array {
  const d = row.length
  const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1))
  const pairs = new Float64Array(d * d)
  for (const other of background) {
    const worth = Array.from(
      { length: 1 << d },
      (_, coalition) =>
        outputsOf(
          ensemble,
          row.map((value, j) => ((coalition >> j) & 1 ? value : other[j]!)),
        )[output]!,
    )
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) {
        const both = (1 << i) | (1 << j)
        for (let coalition = 0; i !== j && coalition < 1 << d; coalition++) {
          if (coalition & both) continue
          const size = [...Array(d).keys()].filter((k) => (coalition >> k) & 1).length
          const weight = (factorial(size) * factorial(d - size - 2)) / (2 * factorial(d - 1)) / background.length
          pairs[i * d + j]! +=
            weight *
            (worth[coalition | both]! - worth[coalition | (1 << i)]! - worth[coalition | (1 << j)]! + worth[coalition]!)
        }
      }
    }
  }
  return pairs
}

prop.prop([fc.nat(10_000), fc.constantFrom(1, 3), aRow, fc.array(aRow, { minLength: 1, maxLength: 4 })], {
  numRuns: 60,
})(
  'interactions equal the definition, are symmetric, and their rows sum to the Shapley values',
  (seed, leafWidth, row, background) => {
    const ensemble = randomEnsemble(seed, leafWidth)
    const x = Float32Array.from(row)
    const others = Float32Array.from(background.flat())
    const interactions = interactionExplainer(ensemble, others)
    const values = treeExplainer(ensemble, others).explain(x)
    for (let k = 0; k < ensemble.numOutputs; k++) {
      const found = interactions.explain(x, k)
      const expected = interactionsByDefinition(
        ensemble,
        x,
        background.map((other) => Float32Array.from(other)),
        k,
      )
      for (let i = 0; i < 4; i++) {
        const own = found.subarray(4 * i, 4 * i + 4)
        expect(own.reduce((sum, value) => sum + value, 0)).toBeCloseTo(values[4 * k + i]!, 9)
        for (let j = 0; j < 4; j++) {
          expect(own[j]).toBe(found[4 * j + i])
          if (i !== j) expect(own[j]).toBeCloseTo(expected[4 * i + j]!, 9)
        }
      }
    }
  },
)

describe('the gate', () => {
  const honest = { base: Float64Array.of(1), outputs: Float64Array.of(6) }
  test('lets rounding pass and nothing else', () => {
    expect(checkAdditivity(Float64Array.of(2, 3), honest, 'x')).toBe(0)
    expect(checkAdditivity(Float64Array.of(2, 3 + 5e-6), honest, 'x')).toBeCloseTo(5e-6, 9)
    expect(() => checkAdditivity(Float64Array.of(2, 3.0001), honest, 'row-7')).toThrow(
      expect.objectContaining({ code: 'ERR_NOT_ADDITIVE', message: expect.stringContaining('"row-7"') as string }),
    )
    expect(() => checkAdditivity(Float64Array.of(NaN, 3), honest, 'x')).toThrow(/add up/)
  })
})

describe('readTreeEnsemble', () => {
  const saved = (change: Partial<SavedTrees> = {}): string => {
    const dir = mkdtempSync(join(root, 'm-'))
    const trees = { roots: [0], features: [0, -1, -1], thresholds: [0.5, 0, 0], lefts: [1, 0, 1], rights: [2, 0, 0] }
    saveTrees(dir, {
      kind: 'xgboost',
      featureNames: ['a', 'b'],
      numClasses: 2,
      isBinary: true,
      trees,
      leafValues: [-1, 1],
      ...change,
    })
    return dir
  }
  const trees = { roots: [0], features: [0, -1, -1], thresholds: [0, 0, 0], lefts: [1, 0, 1], rights: [2, 0, 0] }
  test('sends a value equal to the threshold right in boosting, left in a forest', async () => {
    const at = Float32Array.of(0.5, 0)
    expect([...outputsOf(await readTreeEnsemble(saved()), at)]).toEqual([1])
    const shares = [
      [1, 0],
      [0, 1],
    ]
    expect([...outputsOf(await readTreeEnsemble(saved({ kind: 'random-forest', leafValues: shares })), at)]).toEqual([
      1, 0,
    ])
  })
  test.for([
    ['a node that is its own child', { trees: { ...trees, lefts: [0, 0, 1] } }],
    ['a child outside', { trees: { ...trees, rights: [3, 0, 0] } }],
    ['a column outside', { trees: { ...trees, features: [2, -1, -1] } }],
    ['a leaf without value', { trees: { ...trees, lefts: [1, 0, 2] } }],
    ['a tree outside', { trees: { ...trees, roots: [9] } }],
    ['columns of different length', { trees: { ...trees, rights: [2] } }],
  ] as const)('refuses %s', async ([, change]) => {
    await expect(readTreeEnsemble(saved(change))).rejects.toMatchObject({ code: 'ERR_CORRUPT_ARTIFACT' })
  })
  test('refuses an array outside the bytes, and text that is not JSON', async () => {
    const cut = saved()
    writeFileSync(join(cut, 'model.bin'), Buffer.alloc(8))
    await expect(readTreeEnsemble(cut)).rejects.toMatchObject({ code: 'ERR_CORRUPT_ARTIFACT' })
    writeFileSync(join(cut, 'model.json'), '{')
    await expect(readTreeEnsemble(cut)).rejects.toMatchObject({ code: 'ERR_CORRUPT_ARTIFACT' })
  })
  test('refuses another kind of model by name', async () => {
    const dir = saved()
    const text = readFileSync(join(dir, 'model.json'), 'utf8')
    writeFileSync(join(dir, 'model.json'), text.replaceAll('xgboost', 'knn'))
    await expect(readTreeEnsemble(dir)).rejects.toMatchObject({ code: 'ERR_BAD_DATA', received: 'knn' })
    await expect(readTreeEnsemble(root)).rejects.toMatchObject({ code: 'ERR_BAD_DATA' })
  })
})
