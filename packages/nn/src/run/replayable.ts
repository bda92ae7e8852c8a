import type { Tensor } from '@tensorflow/tfjs-core'
import type { Recording } from '../engine/engine.js'
import type { GraphModel } from './graph-model.js'

/** Tensors that change from call to call, by name. */
export type Feeds = ReadonlyMap<string, Tensor>

/** Shapes of feeds whose operations are kept. */
const MOST_SHAPES = 16
/** Calls of the same shapes that are recorded before none is any more. */
const MOST_TRIALS = 3

/** What is known of feeds of the same names and shapes. */
interface Known {
  recording?: Recording
  isSettled: boolean
  trials: number
}

/**
 * A computation as a function of what is fed. From its third call with feeds of the same names and shapes on, an engine that can record
 * calls the same native operations again, without the work of TensorFlow.js between them, which takes a fifth of a training step of a
 * small network. The values have the same bits.
 *
 * So all that changes from call to call must come as a feed, or be a variable of the model: a number that is read from elsewhere would
 * keep its first value. Operations are called again only after two recordings in succession were equal, constants included.
 *
 * @param compute - Gives results for the caller to dispose; it must not dispose the feeds, leave other tensors, nor read values.
 */
export function replayable(
  { engine, variables: named }: GraphModel,
  compute: (feeds: Feeds) => (Tensor | undefined)[],
): (feeds: Feeds) => readonly (Tensor | undefined)[] {
  const { record } = engine.kernels
  if (record === undefined) return compute
  const variables = [...named.values()]
  const known = new Map<string, Known>()
  return (feeds) => {
    const key = [...feeds].map(([name, { shape, dtype }]) => `${name} ${dtype} ${shape.join('x')}`).join()
    const before = known.get(key) ?? { isSettled: false, trials: 0 }
    const tensors = [...feeds.values()]
    if (before.isSettled && before.recording !== undefined) return before.recording.replay(tensors)
    if (before.isSettled || (!known.has(key) && known.size === MOST_SHAPES)) return compute(feeds)
    const { results, recording } = record({ feeds: tensors, variables, compute: () => compute(feeds) })
    const isAgain = recording !== undefined && recording.fingerprint === before.recording?.fingerprint
    const trials = before.trials + 1
    const isSettled = isAgain || trials === MOST_TRIALS
    const isKept = recording !== undefined && (isAgain || !isSettled)
    known.set(key, { isSettled, trials, ...(isKept ? { recording } : {}) })
    return results
  }
}
