import { defineOperation, Type, type Operation, type Static } from '@etsef/plugin-api'
import { classifierPorts } from '../../adapter/ports.js'
import { classWeightOption, planClassWeight } from '../class-weight/class-weight-option.js'

/** Options of `ensemble/linear-svm`. */
export const linearSvmOptions = Type.Object(
  {
    C: Type.Number({
      exclusiveMinimum: 0,
      default: 1,
      description: 'Cost of the squared hinge loss; larger fits train closer',
    }),
    tol: Type.Number({
      exclusiveMinimum: 0,
      default: 1e-8,
      description: 'Relative gradient at which to stop (published: 1e-2, which on unscaled columns is solver noise)',
    }),
    maxIter: Type.Integer({ minimum: 1, default: 1000, description: 'Newton iterations per class' }),
    calibrationFolds: Type.Integer({
      minimum: 2,
      default: 3,
      description: 'Folds inside train whose margins set the temperature of the probabilities',
    }),
    classWeight: classWeightOption,
  },
  { additionalProperties: false },
)

/** See {@link linearSvmOptions}. */
export type LinearSvmNodeOptions = Static<typeof linearSvmOptions>

/** `ensemble/linear-svm`. */
export const linearSvm: Operation = defineOperation({
  ...classifierPorts('linear-svm'),
  type: 'ensemble/linear-svm',
  summary: 'Linear SVM with squared hinge loss, one class against the rest, margins scaled to probabilities',
  cacheVersion: 1,
  draws: false,
  options: linearSvmOptions,
  plan: planClassWeight,
  load: () => import('./linear-svm-node.js'),
})
