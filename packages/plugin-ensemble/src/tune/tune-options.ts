import { nearestName, Type, type Operation, type PlanArguments, type Ports, type Static } from '@etsef/plugin-api'
import { classifiers } from '../operations/classifiers.js'
import { packages } from '../operations/packages.js'
import { gridSize, type Space } from './candidates.js'
import { optionProblem, type OptionSchema } from './option-problem.js'

/** Operations that can be tuned. */
const tunable: readonly Operation[] = [...classifiers, ...packages]

const classifierOption = Type.Union(
  tunable.map(({ type }) => Type.Literal(shortName(type))),
  { description: 'Classifier, by the name of its operation in this plugin' },
)
const fixedOptions = Type.Record(Type.String(), Type.Any(), {
  default: {},
  description: 'Options of the classifier that stay fixed; others have its defaults',
})
const foldsOption = Type.Integer({
  minimum: 2,
  maximum: 100,
  default: 5,
  description: 'Inner folds over the train rows: classes in equal shares, no group or original image in two of them',
})

/** Options of `ensemble/cross-fit`. */
export const crossFitOptions = Type.Object(
  { classifier: classifierOption, options: fixedOptions, folds: foldsOption },
  { additionalProperties: false },
)

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
    classifier: classifierOption,
    options: fixedOptions,
    space: Type.Record(Type.String(), axis, {
      description: 'Values by option name: a list, or { low, high, scale: linear | log } for random and halving',
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
    folds: foldsOption,
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

/** The classifier operation of a short name. @throws RangeError for a name that is none. */
export function classifierOperation(name: string): Operation {
  const found = tunable.find(({ type }) => shortName(type) === name)
  if (!found) throw new RangeError(`There is no classifier "${name}"`)
  return found
}

/** The options of a classifier with its defaults filled in. */
export function withDefaults(name: string, options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const defaults = Object.entries(schemasOf(name)).map(([option, schema]) => [option, structuredClone(schema.default)])
  return { ...(Object.fromEntries(defaults) as Record<string, unknown>), ...options }
}

/** Whether an option of a classifier is a whole number, so that ranges are drawn as such. */
export function isWhole(name: string, option: string): boolean {
  const schema = schemasOf(name)[option]
  const kinds = schema?.anyOf ?? (schema ? [schema] : [])
  return kinds.some(({ type }) => type === 'integer') && !kinds.some(({ type }) => type === 'number')
}

type Issue = PlanArguments<unknown, Ports>['issue']

/** Reports options that the classifier does not have, and values it does not take. */
export function checkClassifierOptions(
  at: 'options' | 'space',
  classifier: string,
  values: Readonly<Record<string, readonly unknown[]>>,
  issue: Issue,
): void {
  const schemas = schemasOf(classifier)
  for (const [name, list] of Object.entries(values)) {
    const schema = schemas[name]
    if (!schema) {
      const near = nearestName(name, Object.keys(schemas))
      issue(`${at}/${name}`, `${classifier} has no option "${name}"`, {
        expected: Object.keys(schemas).join(', '),
        received: name,
        ...(near === undefined ? {} : { hint: `did you mean "${near}"?` }),
      })
      continue
    }
    for (const value of list) {
      const expected = optionProblem(schema, value)
      if (expected !== undefined) {
        issue(`${at}/${name}`, `${classifier} cannot take this value`, { expected, received: JSON.stringify(value) })
      }
    }
  }
}

/** Reports what `ensemble/tune` could not search. */
export function checkSpace(
  options: Pick<TuneOptions, 'classifier' | 'space' | 'search' | 'options'>,
  issue: Issue,
): void {
  const { classifier, search } = options
  const space = options.space as Space
  const values = Object.entries(space).map(([name, entry]) => {
    if ('low' in entry) {
      if (search === 'grid') {
        issue(`space/${name}`, 'a grid needs a list of values', { hint: 'list the values, or set search: random' })
      }
      if (!(entry.low < entry.high) || (entry.scale === 'log' && entry.low <= 0)) {
        issue(`space/${name}`, 'this range cannot be drawn from', {
          expected: 'low < high, and low > 0 on a log scale',
          received: JSON.stringify(entry),
        })
      }
      return [name, [entry.low, entry.high]] as const
    }
    return [name, entry] as const
  })
  checkClassifierOptions('space', classifier, Object.fromEntries(values), issue)
  for (const name of Object.keys(options.options)) {
    if (name in space) issue(`options/${name}`, 'this option is searched and fixed at once')
  }
  if (search === 'grid' && gridSize(space) > 10_000 && gridSize(space) < Infinity) {
    issue('space', `the grid has ${gridSize(space)} points`, { expected: '10000 or fewer', hint: 'set search: random' })
  }
}

function schemasOf(name: string): Readonly<Record<string, OptionSchema>> {
  return (classifierOperation(name).options as { properties?: Record<string, OptionSchema> }).properties ?? {}
}

function shortName(type: string): string {
  return type.slice(type.indexOf('/') + 1)
}
