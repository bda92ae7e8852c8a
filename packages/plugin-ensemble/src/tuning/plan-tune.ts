import type { Json, PlanArguments, Ports } from '@etsef/plugin-api'
import { nearestName, checkOptions } from '@etsef/plugin-api/semantics'
import { gridSize, type Space } from './candidates.js'
import { schemasOf, targetOf } from './known-operations.js'
import type { CrossFitOptions, TuneOptions } from './tune-options.js'

type Issue = PlanArguments<unknown, Ports>['issue']

/** Reports fixed options of the classifier and of the steps that do not exist, and values they do not take. */
export function checkFixed({ classifier, options, steps }: CrossFitOptions, issue: Issue): void {
  for (const [name, value] of Object.entries(options)) checkValues(`options/${name}`, classifier, name, [value], issue)
  steps.forEach(({ use, with: given = {} }, index) => {
    if (steps.findIndex((step) => step.use === use) !== index) {
      issue(`steps/${index}`, `the step "${use}" is there twice`)
    }
    for (const [name, value] of Object.entries(given)) {
      checkValues(`steps/${index}/with/${name}`, use, name, [value], issue)
    }
  })
}

/** Reports what `ensemble/tune` could not search. */
export function checkSpace(
  options: Pick<TuneOptions, 'classifier' | 'space' | 'search' | 'options' | 'steps'>,
  issue: Issue,
): void {
  const { classifier, search, steps } = options
  const space = options.space as Space
  for (const [key, axis] of Object.entries(space)) {
    const at = `space/${key}`
    const [operation, name] = targetOf(classifier, key)
    const step = steps.find(({ use }) => use === operation)
    if (operation !== classifier && !step) {
      issue(at, `there is no step "${operation}"`, { expected: steps.map(({ use }) => use).join(', ') || 'steps' })
      continue
    }
    if (name in (step ? (step.with ?? {}) : options.options)) issue(at, 'this option is searched and fixed at once')
    if ('low' in axis) {
      if (search === 'grid') {
        issue(at, 'a grid needs a list of values', { hint: 'list the values, or set search: random' })
      }
      if (!(axis.low < axis.high) || (axis.scale === 'log' && axis.low <= 0)) {
        issue(at, 'this range cannot be drawn from', {
          expected: 'low < high, and low > 0 on a log scale',
          received: JSON.stringify(axis),
        })
      }
    }
    checkValues(at, operation, name, 'low' in axis ? [axis.low, axis.high] : axis, issue)
  }
  const size = gridSize(space)
  if (search === 'grid' && size > 10_000 && size < Infinity) {
    issue('space', `the grid has ${size} points`, { expected: '10000 or fewer', hint: 'set search: random' })
  }
}

function checkValues(at: string, operation: string, name: string, values: readonly unknown[], issue: Issue): void {
  const schemas = schemasOf(operation)
  const schema = schemas[name]
  if (!schema) {
    const near = nearestName(name, Object.keys(schemas))
    issue(at, `${operation} has no option "${name}"`, {
      expected: Object.keys(schemas).join(', ') || 'no options',
      received: name,
      ...(near === undefined ? {} : { hint: `did you mean "${near}"?` }),
    })
    return
  }
  for (const value of values) {
    const [problem] = checkOptions(schema, value as Json).issues
    if (problem === undefined) continue
    issue(at, `${operation} cannot take this value`, { expected: problem.expected, received: JSON.stringify(value) })
  }
}
