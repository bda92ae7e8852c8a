import type { AttributionBatch } from '@etsef/plugin-api'
import { runOperation, someRows } from '@etsef/plugin-api/testing'
import { describe, expect, test } from 'vitest'
import plugin from '../plugin.js'

const operation = plugin.operations.find(({ type }) => type === 'xai/combine-maps')!

/** A map of so many values a row for two rows. */
function maps(values: readonly number[], more: Partial<AttributionBatch> = {}): AttributionBatch {
  const rows = someRows({ numSamples: 2 })
  return {
    kind: 'attributions',
    ...rows,
    values: Float32Array.from(values),
    shape: [1, values.length / 2],
    method: 'grad-cam',
    unit: 'logit',
    targets: Int32Array.of(0, 1),
    empty: new Uint8Array(2),
    additivityResidual: new Float64Array(2),
    ...more,
  }
}

const combine = async (batches: readonly AttributionBatch[], options = {}): Promise<AttributionBatch> => {
  const attributions = batches.map((value, i) => ({ name: `net${String(i + 1)}`, value }))
  const { outputs, dispose } = await runOperation(operation, { options, inputs: { attributions } })
  dispose()
  return outputs['attributions'] as AttributionBatch
}

describe('xai/combine-maps', () => {
  const [one, other] = [maps([4, -2, -1, 0]), maps([1, 2, 0, -3], { method: 'layer-cam' })]

  test('is the mean, or the maximum, of maps that are divided by their maximum; of nothing, nothing', async () => {
    const mean = await combine([one, other])
    expect([...mean.values]).toEqual([0.75, 0.5, 0, 0])
    expect(mean).toMatchObject({
      method: 'mean of grad-cam and layer-cam',
      unit: 'share of the maximum',
      shape: [1, 2],
    })
    expect([...mean.empty]).toEqual([0, 1])
    expect([...mean.additivityResidual]).toEqual([NaN, NaN])
    expect([...(await combine([one, other], { combine: 'max' })).values]).toEqual([1, 1, 0, 0])
  })

  test('has the size of the largest map, and finds rows by their ids', async () => {
    const { ids, sourceIds, groups, partitions } = one
    const large = maps([0, 0, 0, 2, 1, 0, 0, 0], {
      shape: [2, 2],
      ...{ ids: [...ids].reverse(), sourceIds: [...sourceIds].reverse(), groups, partitions },
      ...{ labels: one.labels.slice().reverse(), targets: Int32Array.of(1, 0) },
    })
    const { values, shape } = await combine([maps([0, 0, 0, 0]), large])
    expect(shape).toEqual([2, 2])
    expect([...values]).toEqual([0.5, 0, 0, 0, 0, 0, 0, 0.5])
  })

  test('refuses maps of other rows, classes and targets, and vectors', async () => {
    const refused = (batch: AttributionBatch) => expect(combine([one, batch])).rejects
    await refused({ ...other, targets: Int32Array.of(0, 0) }).toMatchObject({ code: 'ERR_BAD_DATA' })
    await refused({ ...other, classNames: ['x', 'y'] }).toMatchObject({ code: 'ERR_CLASS_LIST' })
    await refused({ ...other, ids: ['x', 'y'], sourceIds: ['x', 'y'] }).toMatchObject({ code: 'ERR_MISSING_ID' })
    await refused({ ...other, shape: [2] }).toMatchObject({ code: 'ERR_SHAPE_MISMATCH' })
  })
})
