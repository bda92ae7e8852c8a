import type { FeatureBatch } from '@etsef/plugin-api'
import { runOperation, someFeatures } from '@etsef/plugin-api/testing'
import ensemble, { applyFastIca, fitFastIca, matrix } from '@etsef/plugin-ensemble'
import { expect, test } from 'vitest'
import { operationOf } from '../support/operation.js'

const table = someFeatures({ numSamples: 120, numFeatures: 20, seed: 3 })
const fastIca = operationOf(ensemble, 'ensemble/fast-ica')

test('S12: without a seed, components come in another order and sign every time', () => {
  const x = matrix(table.ids.length, 20, table.features)
  const sources = (seed: number) => applyFastIca(fitFastIca(x, { components: 5, seed }), x)
  const [a, b] = [sources(1), sources(2)]
  const column = (m: typeof a, c: number): number[] => table.ids.map((_, i) => m.data[i * 5 + c]!)
  const same = [0, 1, 2, 3, 4].filter((c) => {
    const [p, q] = [column(a, c), column(b, c)]
    return p.reduce((sum, value, i) => sum + value * q[i]!, 0) / p.length > 0.99
  })
  expect(same.length).toBeLessThan(5)
})

test('S12: the run seed fixes it to the byte', async () => {
  const run = async (seed: string): Promise<FeatureBatch> => {
    const result = await runOperation(fastIca, { options: { components: 5 }, inputs: { features: table }, seed })
    result.dispose()
    return result.outputs['features'] as FeatureBatch
  }
  expect((await run('42')).features).toEqual((await run('42')).features)
  expect((await run('43')).features).not.toEqual((await run('42')).features)
})

test('S12: fewer rows than components: fewer components, said aloud', async () => {
  const small = someFeatures({ numSamples: 50, numFeatures: 100, seed: 4 })
  const numTrain = small.partitions.filter((partition) => partition === 'train').length
  expect(numTrain).toBe(30)
  const result = await runOperation(fastIca, { options: { components: 50 }, inputs: { features: small } })
  result.dispose()
  // Rank of 30 centred rows.
  expect((result.outputs['features'] as FeatureBatch).featureNames.length).toBeLessThanOrEqual(numTrain)
  const warnings = result.logs.filter(({ level }) => level === 'warn').map(({ message }) => message)
  expect(warnings.join('\n')).toMatch(/50 components asked for, (29|30) found: rows \(30\)/)
})

test('S12: a projection names new columns, a selector keeps the old names: only those can be explained', async () => {
  const projected = await runOperation(fastIca, { options: { components: 3 }, inputs: { features: table } })
  const selected = await runOperation(operationOf(ensemble, 'ensemble/select-anova'), {
    options: { components: 3 },
    inputs: { features: table },
  })
  const namesOf = (result: typeof projected) => (result.outputs['features'] as FeatureBatch).featureNames
  projected.dispose()
  selected.dispose()
  expect(namesOf(projected).filter((name) => table.featureNames.includes(name))).toEqual([])
  expect(namesOf(selected).filter((name) => table.featureNames.includes(name))).toHaveLength(3)
  expect(fastIca.summary).toMatch(/projection, not a selection/)
})

test('S12: fitted on train rows only: other val and test rows change nothing', async () => {
  const features = table.features.map((value, at) =>
    table.partitions[Math.floor(at / 20)] === 'train' ? value : value * 100 + 7,
  )
  const run = async (input: FeatureBatch): Promise<number[]> => {
    const result = await runOperation(fastIca, { options: { components: 5 }, inputs: { features: input } })
    result.dispose()
    const output = result.outputs['features'] as FeatureBatch
    return [...output.features].filter((_, at) => output.partitions[Math.floor(at / 5)] === 'train')
  }
  const [a, b] = [await run(table), await run({ ...table, features })]
  expect(a.length).toBeGreaterThan(0)
  expect(b).toEqual(a)
})
