import type { SelfSupervisedMethod } from '../frame/method.js'
import { withDenseLayers, type HeadShape } from '../frame/projection-head.js'
import { simSiamLoss } from './simsiam-loss.js'

/** SimSiam: each view predicts the other; nothing repels. @see Chen & He 2021, arXiv:2011.10566 */
export function simsiamMethod(head: HeadShape, predictorWidth: number): SelfSupervisedMethod {
  return {
    name: 'simsiam',
    network: (backbone) => {
      const projected = withDenseLayers(backbone, backbone.featureNode, 'projection', head)
      const widths = [predictorWidth, head.widths.at(-1)!]
      return withDenseLayers(projected, 'projection', 'prediction', { ...head, widths, batchNorm: 'hidden' })
    },
    outputs: ['projection', 'prediction'],
    loss: (tf, [projections, predictions]) => simSiamLoss(tf, projections!, predictions!),
    // Unrelated views have a cosine of 0; equal ones of 1, collapsed or not: `std` tells them apart.
    position: (loss) => 1 + loss,
    minBatch: 3,
    supervised: false,
  }
}
