import { Type } from '@etsef/plugin-api'
import { ttaModes } from './square-views.js'

/** Option of operations that compute features. */
export const ttaOption = Type.Enum([...ttaModes], {
  default: 'none',
  description:
    'Views of each picture that features are averaged over: horizontalFlip (mirrored as well, 2), bothFlips (4), flipsAndRotations (quarter turns too, 8)',
})
