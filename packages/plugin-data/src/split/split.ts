import { Type, defineOperation, port, type Operation } from '@etsef/plugin-api'

const fraction = (value: number, description: string) =>
  Type.Number({ minimum: 0, maximum: 1, default: value, description })

/** Options of `data/split`. */
export const splitOptions = Type.Object(
  {
    train: fraction(0.6, 'Share of the rows to fit on'),
    val: fraction(0.2, 'Share of the rows for early stopping, calibration and choices; 0 for none'),
    test: fraction(0.2, 'Share of the rows that nothing is fitted or chosen on; 0 for none'),
    splitSeed: Type.Optional(
      Type.Integer({
        description:
          'Which split. Left out: follows the run seed. Given: it does not, so that repeats over splits share what does not depend on them',
      }),
    ),
    folds: Type.Optional(
      Type.Integer({
        minimum: 2,
        description:
          'Cross-validation: the groups are dealt into so many folds, and one of them is test. The shares of train and val part the others',
      }),
    ),
    fold: Type.Optional(
      Type.Integer({
        minimum: 0,
        description: 'The fold that is test, from 0; with a "splitSeed", so that all folds are of one deal',
      }),
    ),
  },
  { additionalProperties: false },
)

/** Inputs of `data/split`. */
export const splitInputs = { images: port.images('unsplit images') }

/** Outputs of `data/split`. */
export const splitOutputs = { images: port.images('the same images, each in a partition') }

/** `data/split`. */
export const split: Operation = defineOperation({
  kind: 'combine',
  type: 'data/split',
  summary: 'The images with a partition each: stratified by class, no group in two partitions',
  cacheVersion: 1,
  draws: ({ splitSeed }) => splitSeed === undefined,
  options: splitOptions,
  inputs: splitInputs,
  outputs: splitOutputs,
  rowPolicy: 'split',
  plan: ({ options, issue }) => {
    const { train, val, test } = options
    if (Math.abs(train + val + test - 1) > 1e-9) {
      issue('train', 'The fractions of a split must sum to 1', {
        expected: 'train + val + test = 1',
        received: String(Number((train + val + test).toPrecision(12))),
      })
    }
    if (train === 0) issue('train', 'A split needs a train partition', { expected: 'train above 0' })
    if ((options.folds === undefined) !== (options.fold === undefined))
      issue(options.folds === undefined ? 'fold' : 'folds', '"folds" and "fold" go together', {
        expected: 'both, or neither',
      })
    else if (options.fold !== undefined && options.fold >= options.folds!)
      issue('fold', 'There is no such fold', {
        expected: `0 to ${String(options.folds! - 1)}`,
        received: String(options.fold),
      })
    // The seed of an operation is made of its options, too: with the run's seed every fold would be one of another deal.
    else if (options.folds !== undefined && options.splitSeed === undefined)
      issue(
        'folds',
        'Folds need a split seed: without one each fold is dealt anew, and rows are in several test folds or in none',
        {
          expected: 'a "splitSeed", the same for every fold',
          hint: 'splitSeed: 1; `repeat: { folds: 5 }` of a sweep sets it',
        },
      )
    const isThere = { train: train > 0, val: val > 0, test: test > 0 || options.folds !== undefined }
    return { images: { partitions: (['train', 'val', 'test'] as const).filter((partition) => isThere[partition]) } }
  },
  load: () => import('./split-node.js'),
})
