import type { Operation } from '@etsef/plugin-api'
import { fastIca } from './fast-ica/fast-ica.js'
import { ldaProjection } from './lda-projection/lda-projection.js'
import { pca } from './pca/pca.js'
import { randomProjection } from './random-projection/random-projection.js'
import { standardize } from './standardize/standardize.js'

/** Operations that give new columns: scaling and projections. */
export const projections: readonly Operation[] = [standardize, fastIca, pca, randomProjection, ldaProjection]
