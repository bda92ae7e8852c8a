import type { SelfSupervisedMethod } from '../frame/method.js'
import { withDenseLayers, type HeadShape } from '../frame/projection-head.js'
import { positiveShares, supConLoss, supConPosition } from './supcon-loss.js'

/** Supervised contrastive learning: views of one class attract. @see Khosla et al. 2020, arXiv:2004.11362 */
export function supconMethod(head: HeadShape, temperature: number): SelfSupervisedMethod {
  return {
    name: 'supcon',
    network: (backbone) => withDenseLayers(backbone, backbone.featureNode, 'projection', head),
    outputs: ['projection'],
    targets: ({ labels }) => ({ shape: [2 * labels.length, 2 * labels.length], data: positiveShares(labels) }),
    loss: (tf, [projections], shares) => supConLoss(tf, projections!, shares!, temperature),
    position: (loss, { labels }) => supConPosition(loss, labels, temperature),
    minBatch: 3,
    supervised: true,
  }
}
