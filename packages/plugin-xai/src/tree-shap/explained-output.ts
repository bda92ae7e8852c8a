import { PipelineError, type FeatureBatch } from '@etsef/plugin-api'
import type { TreeEnsemble } from '@etsef/plugin-api/models'

/** The output that speaks for the predicted class. */
export interface ExplainedOutput {
  /** Position among the outputs. */
  readonly output: number
  /** The class. */
  readonly label: number
  /** −1 where the class has the negative of the output, as the other one of two has. */
  readonly sign: 1 | -1
}

/** Class of the largest output; of equal ones the first, as the classifiers take it. */
export function predictedOutput(outputs: Float64Array, { classes, opposite }: TreeEnsemble): ExplainedOutput {
  if (opposite !== undefined)
    return outputs[0]! > 0 ? { output: 0, label: classes[0]!, sign: 1 } : { output: 0, label: opposite, sign: -1 }
  const output = outputs.reduce((best, value, k) => (value > outputs[best]! ? k : best), 0)
  return { output, label: classes[output]!, sign: 1 }
}

/**
 * The rows must have the columns and classes of the model.
 *
 * @throws PipelineError `ERR_SHAPE_MISMATCH`, `ERR_CLASS_LIST`.
 */
export function checkColumns(
  {
    featureNames: received,
    classNames,
  }: Pick<FeatureBatch, 'featureNames'> & Partial<Pick<FeatureBatch, 'classNames'>>,
  { featureNames: expected, numClasses }: TreeEnsemble,
): void {
  const at = expected.findIndex((name, j) => received[j] !== name)
  if (received.length !== expected.length || at >= 0) {
    const first = at < 0 ? expected.length : at
    throw new PipelineError('ERR_SHAPE_MISMATCH', {
      message: 'The rows have other columns than the model was fitted on',
      port: 'features',
      expected: `${String(expected.length)} columns, "${expected[first] ?? ''}" at ${String(first)}`,
      received: `${String(received.length)} columns, "${received[first] ?? ''}" at ${String(first)}`,
      hint: 'give the rows that the classifier was fitted on',
    })
  }
  if (classNames === undefined || classNames.length === numClasses) return
  throw new PipelineError('ERR_CLASS_LIST', {
    message: 'The model has another number of classes than the rows',
    port: 'model',
    expected: String(classNames.length),
    received: String(numClasses),
  })
}
