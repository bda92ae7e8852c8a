import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import { classifierPorts } from '../../adapter/ports.js'

/** Options of `ensemble/knn`. */
const knnOptions = Type.Object(
  {
    neighbors: Type.Integer({ minimum: 1, default: 3, description: 'Neighbours that vote (published: 3)' }),
    weights: Type.Union([Type.Literal('distance'), Type.Literal('uniform')], {
      default: 'distance',
      description: 'distance: votes weigh 1 / distance, and a neighbour at distance 0 takes all (published)',
    }),
    metric: Type.Union([Type.Literal('l1'), Type.Literal('l2'), Type.Literal('cosine')], {
      default: 'l1',
      description: 'l1: Manhattan (published); l2: Euclidean; cosine: 1 − cosine of the angle, 1 from a row of zeros',
    }),
  },
  { additionalProperties: false },
)

/** `ensemble/knn`. */
export const knn: Operation = defineOperation({
  ...classifierPorts('knn'),
  type: 'ensemble/knn',
  summary: 'k nearest training rows, weighted by distance',
  cacheVersion: 2,
  draws: false,
  options: knnOptions,
  load: () => import('./knn-node.js'),
})
