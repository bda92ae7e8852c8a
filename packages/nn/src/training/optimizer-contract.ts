import type { Tensor, Variable } from '@tensorflow/tfjs-core'
import type { WeightTensor } from '../graph/graph.js'

/** Optimizer state as plain data: `step`, and moments by `<parameter>/<m|v>`. */
export interface OptimizerState {
  readonly step: number
  readonly moments: ReadonlyMap<string, WeightTensor>
}

/** What one step does to one parameter. */
export interface ParameterUpdate {
  readonly name: string
  readonly variable: Variable
  readonly gradient: Tensor
  readonly learningRate: number
}

/** Applies gradients to variables; state is kept by parameter name, never by position. */
export interface Optimizer {
  /**
   * Begins a step; every variable of it counts as one step.
   *
   * @param momentum - Of this step, in [0, 1), Adam's beta1; without it the optimizer's own.
   */
  beginStep(momentum?: number): void
  /** Changes the variables of a step, each named once. */
  apply(updates: readonly ParameterUpdate[]): void
  /** Steps begun, those before a resume included. */
  readStep(): number
  readState(): OptimizerState
  dispose(): void
}
