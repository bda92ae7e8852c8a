import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import { projectionPorts } from '../../adapter/ports.js'
import { shrinkageOption } from '../../classifiers/lda/lda.js'

/** `ensemble/lda-projection`. */
export const ldaProjection: Operation = defineOperation({
  ...projectionPorts('lda-projection'),
  type: 'ensemble/lda-projection',
  summary: 'Directions that separate the classes most, at most one fewer than classes',
  cacheVersion: 2,
  draws: false,
  supervised: true,
  options: Type.Object({ shrinkage: shrinkageOption }, { additionalProperties: false }),
  load: () => import('./lda-projection-node.js'),
})
