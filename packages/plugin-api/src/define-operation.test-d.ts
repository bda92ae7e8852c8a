import { Type } from 'typebox'
import { expectTypeOf, test } from 'vitest'
import type { Observable } from 'rxjs'
import type { OperationContext, SeedlessContext } from './context.js'
import {
  defineOperation,
  type CombineImplementation,
  type EstimatorImplementation,
  type InputsOf,
  type MapImplementation,
  type Named,
} from './define-operation.js'
import type { FeatureBatch } from './payload/features.js'
import type { ModelValue } from './payload/directories.js'
import { port } from './port.js'

const options = Type.Object({ k: Type.Integer({ default: 5 }) }, { additionalProperties: false })
const inputs = {
  features: port.features('rows'),
  model: port.model.optional('start'),
  others: port.features.many('more'),
}
const outputs = { features: port.features('kept') }

test('infers inputs by kind and cardinality', () => {
  expectTypeOf<InputsOf<typeof inputs>['features']>().toEqualTypeOf<Observable<FeatureBatch>>()
  expectTypeOf<InputsOf<typeof inputs>['model']>().toEqualTypeOf<ModelValue | undefined>()
  expectTypeOf<InputsOf<typeof inputs>['others']>().toEqualTypeOf<readonly Named<Observable<FeatureBatch>>[]>()
})

// On one line each: versions of the compiler place the error of an overloaded call at different lines.
const estimator = { kind: 'estimator', type: 'a/b', summary: 's', cacheVersion: 1, options, inputs, outputs } as const
const fitted = { ...estimator, rows: 'features', supervised: true } as const
type Estimator<O> = EstimatorImplementation<O, typeof inputs, typeof outputs, number>
const loadOf = <O>() => Promise.resolve({} as Estimator<O>)

test('does not let an estimator fit on test', () => {
  defineOperation({ ...fitted, fitOn: ['train', 'val'], load: () => loadOf<{ k: number }>() })
  // @ts-expect-error: test rows are never fitted on
  defineOperation({ ...fitted, fitOn: ['test'], load: () => loadOf<{ k: number }>() })
})

test('does not let an implementation of other ports load', () => {
  // @ts-expect-error: the implementation reads an option that is not declared
  defineOperation({ ...fitted, fitOn: ['train'], load: () => loadOf<{ k: string }>() })
})

test('types options in plan', () => {
  defineOperation({
    kind: 'map',
    type: 'a/c',
    summary: 's',
    cacheVersion: 1,
    options,
    inputs,
    outputs,
    rows: 'features',
    plan: ({ options: given, inputs: specs }) => {
      expectTypeOf(given.k).toEqualTypeOf<number>()
      expectTypeOf(specs.features.numFeatures).toEqualTypeOf<number | undefined>()
      expectTypeOf(specs.others).toExtend<readonly Named<object>[]>()
      return { features: { numFeatures: given.k } }
    },
    load: () => Promise.reject(new Error('not loaded here')),
  })
})

test('gives no seed to code of an operation that draws nothing', () => {
  expectTypeOf<SeedlessContext>().not.toHaveProperty('seed')
  expectTypeOf<SeedlessContext>().not.toHaveProperty('rng')
  const shared = { kind: 'combine', type: 'a/d', summary: 's', cacheVersion: 1, options, inputs, outputs } as const
  type Code<C extends SeedlessContext> = CombineImplementation<{ k: number }, typeof inputs, typeof outputs, C>
  const drawing = {} as Code<OperationContext>
  const drawless = {} as Code<SeedlessContext>
  defineOperation({ ...shared, load: () => Promise.resolve(drawing) })
  defineOperation({ ...shared, draws: true, load: () => Promise.resolve(drawing) })
  defineOperation({ ...shared, draws: ({ k }) => k > 1, load: () => Promise.resolve(drawing) })
  defineOperation({ ...shared, draws: false, load: () => Promise.resolve(drawless) })
  defineOperation({ ...shared, load: () => Promise.resolve(drawless) })
  // @ts-expect-error: the code asks for a seed
  defineOperation({ ...shared, draws: false, load: () => Promise.resolve(drawing) })
})

const images = { images: port.images('pictures'), features: port.features('rows'), model: port.model('network') }

test('gives an imported apply the batch of its rows port', () => {
  type Other = Record<'rows', typeof images.features> & Record<'model', typeof images.model>
  type Mapped = MapImplementation<object, Other, typeof outputs>
  type Batch = Parameters<Awaited<ReturnType<Mapped['open']>>['apply']>[0]
  expectTypeOf<Batch>().toEqualTypeOf<FeatureBatch>()
})

test('does not let rows name a port that is not there', () => {
  defineOperation({
    kind: 'map',
    type: 'a/b',
    summary: 's',
    cacheVersion: 1,
    options,
    inputs: images,
    outputs,
    // @ts-expect-error: there is no such input
    rows: 'pictures',
    load: () => Promise.resolve({} as never),
  })
})
