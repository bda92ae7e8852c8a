import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import { classifierPorts } from '../adapter/ports.js'

/** `mljs/random-forest`. */
export const mlRandomForest: Operation = defineOperation({
  ...classifierPorts('ml-random-forest'),
  type: 'mljs/random-forest',
  cacheVersion: 1,
  summary: 'Random subspace trees of the npm package ml-random-forest: slow, and not Breiman’s forest',
  options: Type.Object(
    {
      trees: Type.Integer({ minimum: 1, default: 50, description: 'Number of trees' }),
      maxFeatures: Type.Number({
        exclusiveMinimum: 0,
        maximum: 1,
        default: 0.5,
        description: 'Share of the columns each tree sees',
      }),
    },
    { additionalProperties: false },
  ),
  load: () => import('./random-forest-node.js'),
})
