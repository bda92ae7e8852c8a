import { PipelineError } from '@etsef/plugin-api'
import type { Weights } from '../graph/graph.js'

/** How far above where it began a loss may go. A rate that is too high passes it within a few steps, a run that recovers does not. */
const EXPLODED_FACTOR = 1e3

/**
 * Cross-entropy in nats above which a training has diverged, finite or not: 1000 times the loss of a guess, ln(classes), or of the
 * first step where that is larger (random weights under frozen batch norms begin anywhere).
 */
export function explodedLoss(numClasses: number, firstLoss: number): number {
  return EXPLODED_FACTOR * Math.max(Math.log(Math.max(2, numClasses)), firstLoss)
}

/** True when no weight is NaN or infinite. */
export function isFiniteEverywhere(weights: Weights): boolean {
  for (const { data } of weights.values()) for (const value of data) if (!Number.isFinite(value)) return false
  return true
}

/**
 * The error of a training that has diverged.
 *
 * @param epoch - From 0.
 * @param at - Where in the epoch: `step 3`, `validation`.
 */
export function diverged(loss: number, epoch: number, at: string, rate: number): PipelineError {
  return new PipelineError('ERR_DIVERGED', {
    message: `The loss is ${loss} in epoch ${epoch + 1}, ${at} (learning rate ${rate})`,
    hint:
      at === 'validation'
        ? 'lower learningRate; after few steps the statistics of batch norms may not have settled: lower batchNormMomentum'
        : 'lower learningRate, set clipNorm: 1, or check the pictures for values that are not finite',
  })
}
