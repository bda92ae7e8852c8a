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
    return { images: { partitions: (['train', 'val', 'test'] as const).filter((partition) => options[partition] > 0) } }
  },
  load: () => import('./split-node.js'),
})
