import { Type, type Static } from '@etsef/plugin-api'
import { classifierNames, stepNames } from './known-operations.js'

/** One of a list of names. */
function nameOf(names: readonly string[], description: string): ReturnType<typeof Type.Unsafe<string>> {
  return Type.Unsafe<string>(
    Type.Union(
      names.map((name) => Type.Literal(name)),
      { description },
    ),
  )
}

const classifier = nameOf(classifierNames, 'Classifier, by the name of its operation in this plugin')

const options = Type.Record(Type.String(), Type.Any(), {
  default: {},
  description: 'Options of the classifier that stay fixed; others have its defaults',
})

const steps = Type.Array(
  Type.Object(
    {
      use: nameOf(stepNames, 'Projection, scaling or selector, by the name of its operation'),
      with: Type.Optional(Type.Record(Type.String(), Type.Any())),
    },
    { additionalProperties: false },
  ),
  {
    default: [],
    description:
      'Scaling, projections and selectors fitted anew inside every fold, in order: { use: select-anova, with: { … } }',
  },
)

const folds = Type.Integer({
  minimum: 2,
  maximum: 100,
  default: 5,
  description: 'Inner folds over the train rows: classes in equal shares, no group or original image in two of them',
})

/** Options of `ensemble/cross-fit`. */
export const crossFitOptions = Type.Object({ classifier, options, steps, folds }, { additionalProperties: false })

const axis = Type.Union([
  Type.Array(Type.Any(), { minItems: 1 }),
  Type.Object(
    {
      low: Type.Number(),
      high: Type.Number(),
      scale: Type.Union([Type.Literal('linear'), Type.Literal('log')], { default: 'linear' }),
    },
    { additionalProperties: false },
  ),
])

/** Options of `ensemble/tune`. */
export const tuneOptions = Type.Object(
  {
    classifier,
    options,
    steps,
    space: Type.Record(Type.String(), axis, {
      description:
        'Values by option (C) or step and option (select-anova.components): a list, or { low, high, scale: linear | log } for random and halving',
    }),
    search: Type.Union([Type.Literal('grid'), Type.Literal('random'), Type.Literal('halving')], {
      default: 'grid',
      description:
        'grid: every combination; random: so many trials; halving: many trials on few rows, the best on more',
    }),
    trials: Type.Integer({
      minimum: 1,
      maximum: 10_000,
      default: 20,
      description: 'Settings drawn by random and halving',
    }),
    factor: Type.Integer({ minimum: 2, default: 3, description: 'halving keeps one of so many after each round' }),
    folds,
    loss: Type.Union([Type.Literal('balancedError'), Type.Literal('logLoss'), Type.Literal('error')], {
      default: 'balancedError',
      description: 'What is minimised on the held-out rows of all folds together; ties go to the smaller log loss',
    }),
    trainPredictions: Type.Union([Type.Literal('outOfFold'), Type.Literal('refit')], {
      default: 'outOfFold',
      description:
        'What is given for the train rows: scores by folds that have not seen them (for stacking), or by the final fit, which has',
    }),
  },
  { additionalProperties: false },
)

/** See {@link tuneOptions}. */
export type TuneOptions = Static<typeof tuneOptions>

/** See {@link crossFitOptions}. */
export type CrossFitOptions = Static<typeof crossFitOptions>
