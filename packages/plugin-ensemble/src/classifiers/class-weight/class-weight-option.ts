import { Type, type OutputSpecs, type PlanArguments } from '@etsef/plugin-api'
import { nearestName } from '@etsef/plugin-api/semantics'
import type { classifierOutputs, featureInputs } from '../../adapter/ports.js'
import type { ClassWeight } from './class-weight.js'

/** Option of every classifier that can weigh its classes. */
export const classWeightOption = Type.Union(
  [Type.Literal('none'), Type.Literal('balanced'), Type.Record(Type.String(), Type.Number({ exclusiveMinimum: 0 }))],
  {
    default: 'none',
    description:
      'What a row of each class counts: the same; balanced, rows / (classes · rows of the class); or a weight by class name, 1 where left out',
  },
)

/** Reports classes of the option that the task does not have, where the class list is known. */
export function planClassWeight({
  options: { classWeight },
  inputs,
  issue,
}: PlanArguments<{ readonly classWeight: ClassWeight }, typeof featureInputs>): OutputSpecs<typeof classifierOutputs> {
  const { classNames } = inputs.features
  if (classNames === undefined || typeof classWeight === 'string') return {}
  for (const name of Object.keys(classWeight)) {
    if (classNames.includes(name)) continue
    const near = nearestName(name, classNames)
    issue(`classWeight/${name}`, `there is no class "${name}"`, {
      expected: classNames.join(', '),
      received: name,
      ...(near === undefined ? {} : { hint: `did you mean "${near}"?` }),
    })
  }
  return {}
}
