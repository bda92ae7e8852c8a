import { classifierNode } from '../../adapter/estimator-node.js'
import { resolveClassWeight } from '../class-weight/class-weight.js'
import { calibrateLinearSvm, fitLinearSvm, type LinearSvmModel } from './linear-svm-model.js'
import { linearSvmProbabilities } from './linear-svm-model.js'
import { drawLinearSvm } from './draw-linear-svm.js'
import type { LinearSvmNodeOptions } from './linear-svm.js'

/** Code of `ensemble/linear-svm`. */
export const { fit, save, load, open, writeOpenFormats } = classifierNode<LinearSvmNodeOptions, LinearSvmModel>({
  kind: 'linear-svm',
  fit: (x, y, options, ctx, classNames) => {
    const weights = resolveClassWeight(options.classWeight, y, classNames)
    const solver = { C: options.C, tol: options.tol, maxIter: options.maxIter, classWeight: weights }
    const model = fitLinearSvm(x, y, solver)
    ctx.metric('iterations', model.numIterations)
    if (!model.converged)
      ctx.log('warn', `The SVM did not converge in ${options.maxIter} iterations; scale the columns`)
    return calibrateLinearSvm(model, x, y, { ...solver, folds: options.calibrationFolds })
  },
  probabilities: linearSvmProbabilities,
  draw: drawLinearSvm,
})
