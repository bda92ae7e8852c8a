import type { SelfSupervisedMethod } from '../frame/method.js'
import { withDenseLayers, type HeadShape } from '../frame/projection-head.js'
import { ntXentLoss, ntXentPosition } from './nt-xent.js'

/** SimCLR: two views of a picture attract, views of different pictures repel. @see Chen et al. 2020, arXiv:2002.05709 */
export function simclrMethod(head: HeadShape, temperature: number): SelfSupervisedMethod {
  return {
    name: 'simclr',
    network: (backbone) => withDenseLayers(backbone, backbone.featureNode, 'projection', head),
    outputs: ['projection'],
    loss: (tf, [projections]) => ntXentLoss(tf, projections!, { temperature }),
    position: (loss, { numImages }) => ntXentPosition(loss, numImages, temperature),
    minBatch: 3,
    supervised: false,
  }
}
