import { classifierNode } from '../adapter/estimator-node.js'
import { classWeights } from '../class-weights/class-weights.js'
import type { KernelSvmNodeOptions } from './kernel-svm-options.js'
import { fitKernelSvm, kernelSvmProbabilities, type KernelSvmModel } from './kernel-svm.js'

/** Code of `ensemble/kernel-svm`. */
export const { fit, save, load, open } = classifierNode<KernelSvmNodeOptions, KernelSvmModel>({
  kind: 'kernel-svm',
  fit: async (x, y, { c, classWeight, ...options }, ctx, classNames) => {
    const model = await fitKernelSvm(x, y, {
      ...options,
      C: c,
      classWeights: classWeights(classWeight, y, classNames),
    })
    ctx.metric('numSupportVectors', model.vectors.numSamples)
    return model
  },
  probabilities: kernelSvmProbabilities,
})
