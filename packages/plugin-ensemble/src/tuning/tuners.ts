import type { Operation } from '@etsef/plugin-api'
import { crossFit } from './cross-fit.js'
import { tune } from './tune.js'

/** Operations that fit a classifier several times inside the train rows. */
export const tuners: readonly Operation[] = [tune, crossFit]
