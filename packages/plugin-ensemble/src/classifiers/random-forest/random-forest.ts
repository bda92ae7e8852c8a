import { defineOperation, Type, type Operation, type Static } from '@etsef/plugin-api'
import { classifierPorts } from '../../adapter/ports.js'
import { classWeightOption, planClassWeight } from '../class-weight/class-weight-option.js'

/** Options of `ensemble/random-forest`. */
export const randomForestOptions = Type.Object(
  {
    trees: Type.Integer({ minimum: 1, default: 100, description: 'Number of trees' }),
    maxFeatures: Type.Union(
      [Type.Literal('log2'), Type.Literal('sqrt'), Type.Literal('all'), Type.Integer({ minimum: 1 })],
      { default: 'log2', description: 'Columns drawn at every split (published: log2)' },
    ),
    minSamplesSplit: Type.Integer({
      minimum: 2,
      default: 3,
      description: 'Distinct rows a node needs to be split (published: 3)',
    }),
    maxDepth: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], { default: null, description: 'null: no limit' }),
    bootstrap: Type.Boolean({ default: true, description: 'Whether each tree sees a bootstrap sample of the rows' }),
    classWeight: classWeightOption,
  },
  { additionalProperties: false },
)

/** See {@link randomForestOptions}. */
export type RandomForestNodeOptions = Static<typeof randomForestOptions>

/** `ensemble/random-forest`. */
export const randomForest: Operation = defineOperation({
  ...classifierPorts('random-forest'),
  type: 'ensemble/random-forest',
  summary: 'Random forest: bootstrap rows for each tree, a fresh draw of columns at every split',
  cacheVersion: 2,
  options: randomForestOptions,
  plan: planClassWeight,
  load: () => import('./random-forest-node.js'),
})
