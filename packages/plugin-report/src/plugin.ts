import { definePlugin } from '@etsef/plugin-api'
import type { Plugin } from '@etsef/plugin-api'
import { attributions } from './attributions/attributions.js'
import { compareRuns } from './compare-runs/compare-runs.js'
import { evaluate } from './evaluate/evaluate.js'
import { figures } from './figures/figures.js'
import { htmlReport } from './html/html.js'
import { poolFolds } from './pool-folds/pool-folds.js'
import { sheet } from './sheet/sheet.js'

/** Reports: evaluation with intervals, paired comparisons, figures. */
const plugin: Plugin = definePlugin({
  name: 'report',
  operations: [evaluate, figures, attributions, htmlReport, compareRuns, poolFolds, sheet],
})

export default plugin
