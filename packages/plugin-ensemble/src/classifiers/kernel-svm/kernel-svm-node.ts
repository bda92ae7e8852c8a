import { classifierNode } from '../../adapter/estimator-node.js'
import { resolveClassWeight } from '../class-weight/class-weight.js'
import { drawKernelSvm } from './draw-kernel-svm.js'
import type { KernelSvmNodeOptions } from './kernel-svm.js'
import { fitKernelSvm, kernelSvmProbabilities, type KernelSvmModel } from './kernel-svm-model.js'

/** Code of `ensemble/kernel-svm`. */
export const { fit, save, load, open, writeOpenFormats } = classifierNode<KernelSvmNodeOptions, KernelSvmModel>({
  kind: 'kernel-svm',
  fit: (x, y, { classWeight, ...options }, ctx, classNames) => {
    const model = fitKernelSvm(x, y, {
      ...options,
      classWeight: resolveClassWeight(classWeight, y, classNames),
    })
    ctx.metric('numSupportVectors', model.vectors.numSamples)
    ctx.metric(
      'iterations',
      model.numIterations.reduce((sum, count) => sum + count, 0),
    )
    if (!model.converged)
      ctx.log('warn', `The SVM did not converge in ${options.maxIter} steps for a pair of classes; scale the columns`)
    return model
  },
  probabilities: kernelSvmProbabilities,
  draw: drawKernelSvm,
})
