// Compiled by TypeScript 6 with the house; errors are the same, and at the same lines, in TypeScript 7.
import { expectTypeOf, test } from 'vitest'
import { defineEstimator, defineMap, port, Type, type FeatureBatch } from './index.js'

const options = Type.Object({ k: Type.Integer({ default: 5 }) }, { additionalProperties: false })
const batchInputs = { images: port.images('pictures'), features: port.features('rows'), model: port.model('network') }
const one = { features: port.features('kept') }
const two = { ...one, predictions: port.predictions('answers') }
const fields = { type: 'a/b', summary: 's', cacheVersion: 1, options, inputs: batchInputs, rows: 'features' } as const
const fitting = { ...fields, fitOn: ['train'], supervised: false } as const
const fitted = { fit: () => Promise.resolve(1), save: () => Promise.resolve(), load: () => Promise.resolve(1) }

test('gives an inline apply the batch of its rows port', () => {
  defineMap({
    ...fields,
    outputs: one,
    load: async () => ({
      open: async () => ({
        apply: async (batch) => {
          expectTypeOf(batch).toEqualTypeOf<FeatureBatch>()
          return { features: batch }
        },
      }),
    }),
  })
})

test('gives an inline open of an estimator its state, and apply the batch of its rows port', () => {
  defineEstimator({
    ...fitting,
    outputs: one,
    load: async () => ({
      ...fitted,
      open: async ({ state }) => ({
        apply: async (batch) => {
          expectTypeOf(state).toEqualTypeOf<number>()
          expectTypeOf(batch).toEqualTypeOf<FeatureBatch>()
          return { features: batch }
        },
      }),
    }),
  })
})

test('does not let an output be missing, inline or imported', () => {
  defineMap({
    ...fields,
    outputs: two,
    // @ts-expect-error: "predictions" is missing
    load: async () => ({ open: async () => ({ apply: async (batch) => ({ features: batch }) }) }),
  })
  const imported = { open: async () => ({ apply: async (batch: FeatureBatch) => ({ features: batch }) }) }
  // @ts-expect-error: "predictions" is missing
  defineMap({ ...fields, outputs: two, load: async () => imported })
})

test('does not let an output be of another kind', () => {
  defineMap({
    ...fields,
    outputs: two,
    // @ts-expect-error: features are no predictions
    load: async () => ({ open: async () => ({ apply: async (batch) => ({ features: batch, predictions: batch }) }) }),
  })
})

test('does not let an estimator give rows without open, but a model it may', () => {
  // @ts-expect-error: "open" is missing
  defineEstimator({ ...fitting, outputs: one, load: async () => fitted })
  defineEstimator({ ...fitting, outputs: { model: port.model('state') }, load: async () => fitted })
})

test('does not let a type be without namespace', () => {
  const load = () => Promise.resolve({ open: async () => ({ apply: async (b: FeatureBatch) => ({ features: b }) }) })
  // @ts-expect-error: no namespace
  defineMap({ ...fields, type: 'alone', outputs: one, load })
})
