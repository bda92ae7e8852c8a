import { checkTraining, type Labels, type Matrix, matrix } from '@etsef/plugin-api/models'

/** Labels as the ml-* packages need them: 0 … K − 1 with none missing. */
export interface PresentClasses {
  /** Classes with training rows, ascending. */
  readonly present: Int32Array
  /** Position in `present` of each row's class. */
  readonly targets: Int32Array
}

/** Numbers the classes that have rows. @throws PipelineError as `checkTraining`. */
export function presentClasses(x: Matrix, y: Labels): PresentClasses {
  const present = checkTraining(x, y)
  return { present, targets: y.labels.map((label) => present.indexOf(label)) }
}

/** Shares over the present classes, back in the columns of the class list; absent classes get 0. */
export function spreadClasses(shares: Matrix, present: Int32Array, numClasses: number): Matrix {
  const result = matrix(shares.numSamples, numClasses)
  for (let i = 0; i < shares.numSamples; i++) {
    present.forEach((k, at) => {
      result.data[i * numClasses + k] = shares.data[i * present.length + at]!
    })
  }
  return result
}
