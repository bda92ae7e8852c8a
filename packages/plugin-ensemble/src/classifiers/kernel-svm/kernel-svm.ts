import { defineOperation, Type, type Operation, type Static } from '@etsef/plugin-api'
import { classifierPorts } from '../../adapter/ports.js'
import { classWeightOption, planClassWeight } from '../class-weight/class-weight-option.js'

/** Options of `ensemble/kernel-svm`. */
export const kernelSvmOptions = Type.Object(
  {
    kernel: Type.Union([Type.Literal('rbf'), Type.Literal('linear'), Type.Literal('poly'), Type.Literal('sigmoid')], {
      default: 'rbf',
      description: 'Similarity of two rows',
    }),
    C: Type.Number({
      exclusiveMinimum: 0,
      default: 1,
      description: 'Cost of the hinge loss; larger fits train closer',
    }),
    gamma: Type.Union([Type.Literal('scale'), Type.Number({ exclusiveMinimum: 0 })], {
      default: 'scale',
      description: 'Kernel scale; scale: 1 / (columns · variance of the training table)',
    }),
    degree: Type.Integer({ minimum: 1, default: 3, description: 'Degree of the poly kernel' }),
    coef0: Type.Number({ default: 0, description: 'Constant of the poly and sigmoid kernels' }),
    tol: Type.Number({ exclusiveMinimum: 0, default: 1e-3, description: 'Tolerance of the optimality conditions' }),
    maxIter: Type.Integer({ minimum: 1, default: 10_000_000, description: 'Steps for each pair of classes' }),
    classWeight: classWeightOption,
  },
  { additionalProperties: false },
)

/** See {@link kernelSvmOptions}. */
export type KernelSvmNodeOptions = Static<typeof kernelSvmOptions>

/** `ensemble/kernel-svm`. */
export const kernelSvm: Operation = defineOperation({
  ...classifierPorts('kernel-svm'),
  type: 'ensemble/kernel-svm',
  summary: 'Support vector machine with a kernel, one against one, as libsvm trains it',
  cacheVersion: 2,
  draws: false,
  options: kernelSvmOptions,
  plan: planClassWeight,
  load: () => import('./kernel-svm-node.js'),
})
