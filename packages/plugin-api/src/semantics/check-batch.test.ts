import { describe, expect, test } from 'vitest'
import { someFeatures, someImages, somePredictions, someRows } from '../testing/fixtures.js'
import type { AttributionBatch } from '../payload/attributions.js'
import { checkBatch } from './check-batch.js'
import type { GivenBatch } from './given-batch.js'

const what = 'Output "o" of a/b'
const shape = { numSamples: 6, numClasses: 3 }
const features = someFeatures(shape)
const predictions = somePredictions(shape)
const images = { ...someImages(shape), load: undefined }
const attributions: AttributionBatch = {
  kind: 'attributions',
  ...someRows(shape),
  values: new Float32Array(24),
  shape: [2, 2],
  method: 'm',
  unit: 'logit',
  targets: new Int32Array(6),
  empty: new Uint8Array(6),
  additivityResidual: new Float64Array(6).fill(NaN),
}
const check = (given: unknown, kind: GivenBatch['kind'], classNames?: readonly string[]): void => {
  checkBatch(given as GivenBatch, { kind, classNames, what })
}

test.each([features, predictions, images, attributions])('takes $kind as they should be', (batch) => {
  check(batch, batch.kind, ['class0', 'class1', 'class2'])
})

const at = <T extends { fill(value: number, start: number, end: number): T }>(values: T, value: number): T =>
  (values as unknown as { slice(): T }).slice().fill(value, 4, 5)

interface Wrong {
  readonly name: string
  readonly batch: object
  readonly kind: GivenBatch['kind']
  readonly error: object
}
const wrong: readonly Wrong[] = [
  { name: 'nothing', batch: undefined as never, kind: 'features', error: { received: 'undefined' } },
  { name: 'null', batch: null as never, kind: 'features', error: { received: 'null' } },
  { name: 'another kind', batch: features, kind: 'images', error: { expected: 'images', received: 'features' } },
  { name: 'ids that are no list', batch: { ...features, ids: 'a' }, kind: 'features', error: { received: 'String' } },
  {
    name: 'ids that are no texts',
    batch: { ...features, ids: [1, 2, 3, 4, 5, 6] },
    kind: 'features',
    error: { received: 'Number' },
  },
  {
    name: 'an empty id',
    batch: { ...features, ids: ['', 'b', 'c', 'd', 'e', 'f'] },
    kind: 'features',
    error: { message: `${what} has no id for row 0` },
  },
  {
    name: 'a class list in another order',
    batch: { ...predictions, classNames: ['class1', 'class0', 'class2'] },
    kind: 'predictions',
    error: { code: 'ERR_CLASS_LIST' },
  },
  {
    name: 'features of 64 bits',
    batch: { ...features, features: Float64Array.from(features.features) },
    kind: 'features',
    error: { expected: 'Float32Array', received: 'Float64Array' },
  },
  {
    name: 'too few features',
    batch: { ...features, features: features.features.slice(1) },
    kind: 'features',
    error: { expected: '36', received: '35' },
  },
  {
    name: 'infinite features',
    batch: { ...features, features: at(features.features, Infinity) },
    kind: 'features',
    error: { code: 'ERR_NOT_FINITE', message: `${what} holds Infinity in row "row-0000", column "f4"` },
  },
  {
    name: 'column names that are no texts',
    batch: { ...features, featureNames: [1, 2, 3, 4, 5, 6] },
    kind: 'features',
    error: { received: 'Number' },
  },
  {
    name: 'scores of 32 bits',
    batch: { ...predictions, scores: Float32Array.from(predictions.scores) },
    kind: 'predictions',
    error: { received: 'Float32Array' },
  },
  {
    name: 'scores of a row too few',
    batch: { ...predictions, scores: predictions.scores.slice(3) },
    kind: 'predictions',
    error: { expected: '18', received: '15' },
  },
  {
    name: 'scores that are not numbers',
    batch: { ...predictions, scores: at(predictions.scores, NaN) },
    kind: 'predictions',
    error: { code: 'ERR_NOT_FINITE' },
  },
  {
    name: 'probabilities above 1 in sum',
    batch: { ...predictions, scores: at(predictions.scores, 1) },
    kind: 'predictions',
    error: { message: `${what} has scores of row "row-0001" that are no probabilities` },
  },
  {
    name: 'a probability below 0',
    batch: { ...predictions, scores: Float64Array.from({ length: 18 }, (_, i) => [-0.5, 1, 0.5][i % 3]!) },
    kind: 'predictions',
    error: { received: 'one of -0.5' },
  },
  {
    name: 'votes that are no shares',
    batch: { ...predictions, scoreKind: 'voteShare', scores: new Float64Array(18).fill(2) },
    kind: 'predictions',
    error: { received: 'a sum of 6' },
  },
  {
    name: 'scores of an unknown kind',
    batch: { ...predictions, scoreKind: 'logit' },
    kind: 'predictions',
    error: { received: 'logit' },
  },
  {
    name: 'a class beyond the list',
    batch: { ...predictions, predicted: at(predictions.predicted, 3) },
    kind: 'predictions',
    error: { expected: '0 to 2, or -1 to abstain', received: '3' },
  },
  {
    name: 'predicted as a list',
    batch: { ...predictions, predicted: [...predictions.predicted] },
    kind: 'predictions',
    error: { received: 'Array' },
  },
  {
    name: 'uris of a row too few',
    batch: { ...images, uris: images.uris.slice(1) },
    kind: 'images',
    error: { received: '5' },
  },
  {
    name: 'parameters that JSON cannot hold',
    batch: { ...images, parameters: [0, 1, 2, NaN, 4, 5] },
    kind: 'images',
    error: { message: `${what} has parameters of row "row-0003" that JSON cannot hold` },
  },
  {
    name: 'maps of no size',
    batch: { ...attributions, shape: [0, 2] },
    kind: 'attributions',
    error: { received: '0, 2' },
  },
  {
    name: 'maps of another size',
    batch: { ...attributions, shape: [2, 3] },
    kind: 'attributions',
    error: { expected: '36', received: '24' },
  },
  {
    name: 'attributions that are not numbers',
    batch: { ...attributions, values: at(attributions.values, NaN) },
    kind: 'attributions',
    error: { code: 'ERR_NOT_FINITE' },
  },
  {
    name: 'a class explained that there is not',
    batch: { ...attributions, targets: at(attributions.targets, 9) },
    kind: 'attributions',
    error: { received: '9' },
  },
  {
    name: 'flags that are no bytes',
    batch: { ...attributions, empty: new Int32Array(6) },
    kind: 'attributions',
    error: { received: 'Int32Array' },
  },
]
describe('refuses, with the operation named,', () => {
  test.each(wrong)('$name', ({ batch, kind, error }) => {
    expect(() => {
      check(batch, kind, kind === 'predictions' ? predictions.classNames : undefined)
    }).toThrow(
      expect.objectContaining({
        code: 'ERR_BAD_DATA',
        ...error,
        message: expect.stringContaining(what) as string,
        ...error,
      }),
    )
  })
})

test('margins may be of any scale', () => {
  check({ ...predictions, scoreKind: 'margin', scores: new Float64Array(18).fill(-7) }, 'predictions')
})
