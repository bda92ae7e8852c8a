import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import { classifierPorts } from '../adapter/ports.js'

/** `mljs/knn`. */
export const mlKnn: Operation = defineOperation({
  ...classifierPorts('ml-knn'),
  type: 'mljs/knn',
  cacheVersion: 1,
  draws: false,
  summary: 'Euclidean nearest neighbours of the npm package ml-knn: slow',
  options: Type.Object(
    { neighbors: Type.Integer({ minimum: 1, default: 3, description: 'Neighbours that vote' }) },
    { additionalProperties: false },
  ),
  load: () => import('./knn-node.js'),
})
