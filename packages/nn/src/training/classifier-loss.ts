import type { Rng } from '@etsef/plugin-api'
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core'
import { numLogits } from '../graph/num-logits.js'
import { drawDropouts } from '../run/draw-dropouts.js'
import type { GraphModel } from '../run/graph-model.js'
import { gradientFunction, type GradientFunction } from './gradient-function.js'
import { crossEntropyTargets, targetedCrossEntropy, type CrossEntropyOptions } from './losses.js'
import type { TrainablePart } from './trainable.js'

/** Names of feeds that are no nodes' values; no node has a space in its name. */
const [TARGETS, SHARE, DROPOUT] = ['of targets', 'of share', 'of dropout ']

/** What a part of a batch is differentiated by. */
export interface ClassifierFeeds {
  /** Values of the frozen part, by node. */
  readonly values: ReadonlyMap<string, Tensor>
  readonly labels: readonly number[]
  /** Factor on the mean loss of these rows. */
  readonly share: number
  readonly lossOptions: CrossEntropyOptions
  /** Draws dropouts. */
  readonly rng: Rng
}

/** Loss and gradients of a network's learning part, with its logits as the other value. See {@link classifierFeeds}. */
export function classifierGradients(
  model: GraphModel,
  part: TrainablePart,
  { focalGamma }: CrossEntropyOptions,
): GradientFunction {
  const { tf } = model.engine
  return gradientFunction(model, part.parameterNames, (feeds) => {
    const dropouts = new Map<string, Tensor>()
    for (const [name, factors] of feeds) if (name.startsWith(DROPOUT)) dropouts.set(name.slice(DROPOUT.length), factors)
    const [logits] = model.evaluate(feeds, [model.graph.logitsNode!], { trainingNodes: part.nodes, dropouts })
    const mean = targetedCrossEntropy(tf, logits as Tensor2D, feeds.get(TARGETS)!, focalGamma)
    const share = feeds.get(SHARE)
    return { loss: share === undefined ? mean : tf.mul(mean, share), others: [logits!] }
  })
}

/** Feeds of {@link classifierGradients}: the values given, and new tensors. The caller disposes them all. */
export function classifierFeeds(model: GraphModel, given: ClassifierFeeds): Map<string, Tensor> {
  const { engine, graph } = model
  const { values, labels, share, lossOptions, rng } = given
  const { tf } = engine
  const numClasses = numLogits(graph)
  const targets = crossEntropyTargets(labels, numClasses, lossOptions)
  const feeds = new Map(values).set(TARGETS, tf.tensor2d(targets, [labels.length, numClasses]))
  if (share !== 1) feeds.set(SHARE, tf.scalar(share))
  for (const [name, factors] of drawDropouts(engine, graph, labels.length, rng)) feeds.set(`${DROPOUT}${name}`, factors)
  return feeds
}
