import type { Operation } from '@etsef/plugin-api'
import { selectAnova } from './select-anova/select-anova.js'
import { selectBoruta } from './select-boruta/select-boruta.js'
import { selectChi2 } from './select-chi2/select-chi2.js'
import { selectCorrelation } from './select-correlation/select-correlation.js'
import { selectL1 } from './select-l1/select-l1.js'
import { selectMrmr } from './select-mrmr/select-mrmr.js'
import { selectMutualInformation } from './select-mutual-information/select-mutual-information.js'
import { selectNone } from './select-none/select-none.js'
import { selectRfe } from './select-rfe/select-rfe.js'
import { selectStability } from './select-stability/select-stability.js'
import { selectTreeImportance } from './select-tree-importance/select-tree-importance.js'
import { selectVariance } from './select-variance/select-variance.js'

/** Operations that keep some of the columns. */
export const selectors: readonly Operation[] = [
  selectAnova,
  selectMutualInformation,
  selectChi2,
  selectMrmr,
  selectRfe,
  selectL1,
  selectTreeImportance,
  selectStability,
  selectBoruta,
  selectCorrelation,
  selectVariance,
  selectNone,
]
