import { PipelineError } from '@etsef/plugin-api'
import type { EpochRecord } from './epoch-record.js'

/** What watches a training; an error names one. */
export type Monitor = 'pictures' | 'batch' | 'scale' | 'rate' | 'views' | 'std' | 'rankMe' | 'position'

/** The error of a training that learns nothing. */
export function notLearning(monitor: Monitor, since: string, found: string, hint: string): PipelineError {
  return new PipelineError('ERR_NOT_LEARNING', {
    message: `The pre-training learns nothing: monitor "${monitor}" has said so since ${since}`,
    received: found,
    hint,
  })
}

/** Views nearer than this are the same picture: whatever is changed, even by a network that tells little apart, they are further away. */
const sameViews = 1e-10
/** Share of a healthy deviation, 1/√width, below which embeddings have run together. */
const collapsedShare = 0.05
/** Directions below which embeddings lie on a line. */
const collapsedRank = 1.5
/** Position from which a loss is as good as that of equal embeddings. */
const stuckPosition = 0.98
/** Fall of the position over the time looked at below which a stuck loss is not on its way. */
const leastProgress = 0.005
/** Epochs that embeddings must have collapsed for: one may be an accident of the first steps. */
const collapsedEpochs = 2
/** A loss is stuck after so many epochs and steps: small sets have few steps an epoch, and random weights begin near chance. */
const stuckFor = { epochs: 3, steps: 200 }

/**
 * Whether a training has stopped to learn, or never began to; the error says which monitor tells, since when, and what to try.
 *
 * @param history - Epochs so far, oldest first.
 */
export function findNotLearning(
  history: readonly EpochRecord[],
  { width, steps }: { readonly width: number; readonly steps: number },
): PipelineError | undefined {
  const last = history.at(-1)
  if (last === undefined || width === 0) return undefined
  const healthy = 1 / Math.sqrt(width)
  const isCollapsed = (record: EpochRecord): boolean => record.std < collapsedShare * healthy
  if (last.alignment < sameViews && !isCollapsed(last)) {
    const found = `the two views of a picture are ${last.alignment.toExponential(1)} apart`
    return notLearning('views', sinceOf(history, (record) => record.alignment < sameViews), found, 'the two views of a picture are the same: choose views that change something, and minCrop below 1') // prettier-ignore
  }
  if (lasts(history, collapsedEpochs, isCollapsed)) {
    const found = `embeddings deviate by ${last.std.toExponential(1)}; ${healthy.toFixed(3)} is healthy`
    return notLearning('std', sinceOf(history, isCollapsed), found, 'all pictures look the same to the network: lower learningRate, use projectionNorm: published, or larger batches') // prettier-ignore
  }
  const isFlat = (record: EpochRecord): boolean => record.rankMe < collapsedRank
  if (lasts(history, collapsedEpochs, isFlat)) {
    const found = `embeddings use ${last.rankMe.toFixed(2)} of ${width} directions`
    return notLearning('rankMe', sinceOf(history, isFlat), found, 'embeddings lie on a line: lower learningRate, use projectionNorm: published, or larger batches') // prettier-ignore
  }
  const isStuck = ({ position }: EpochRecord): boolean => position !== null && position > stuckPosition
  const epochs = Math.max(stuckFor.epochs, Math.ceil(stuckFor.steps / steps))
  if (lasts(history, epochs, isStuck) && progressOf(history.slice(-epochs)) < leastProgress) {
    const found = `the loss lies ${((last.position ?? 1) * 100).toFixed(1)} % of the way to that of equal embeddings`
    return notLearning('position', sinceOf(history, isStuck), found, 'lower learningRate, temperature from 0.1 to 0.5, milder views, or larger batches') // prettier-ignore
  }
  return undefined
}

/** How far the position fell from the first third of epochs to the last. */
function progressOf(history: readonly EpochRecord[]): number {
  const third = Math.ceil(history.length / 3)
  const mean = (part: readonly EpochRecord[]): number =>
    part.reduce((sum, { position }) => sum + (position ?? 1), 0) / part.length
  return mean(history.slice(0, third)) - mean(history.slice(-third))
}

function lasts(history: readonly EpochRecord[], epochs: number, isBad: (record: EpochRecord) => boolean): boolean {
  return history.length >= epochs && history.slice(-epochs).every(isBad)
}

function sinceOf(history: readonly EpochRecord[], isBad: (record: EpochRecord) => boolean): string {
  let first = history.length - 1
  while (first > 0 && isBad(history[first - 1]!)) first--
  return `epoch ${history[first]!.epoch}`
}
