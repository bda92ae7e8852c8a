import { Type, defineOperation, port, runReportOptions } from '@etsef/plugin-api'
import type { Operation, Static } from '@etsef/plugin-api'

/** Options of `report/compare`. */
export const compareRunsOptions = Type.Object(
  {
    resamples: Type.Integer({
      minimum: 100,
      maximum: 100_000,
      default: 1000,
      description: 'Bootstrap resamples of whole groups, for the intervals of differences',
    }),
    ...runReportOptions,
  },
  { additionalProperties: false },
)

/** Options of `report/compare`, defaults filled in. */
export type CompareRunsOptions = Static<typeof compareRunsOptions>

/** `report/compare`. */
export const compareRuns: Operation = defineOperation({
  kind: 'report',
  type: 'report/compare',
  summary:
    'Runs held against each other: in what they differ, paired figures, overlaid curves; called by etsef compare',
  cacheVersion: 3,
  options: compareRunsOptions,
  inputs: { reports: port.report.many('Reports of the runs, by <run>/<node>') },
  outputs: { report: port.report('index.html, comparison.json; with option files also tables/ and figures/') },
  plan: ({ options, issue }) => {
    if (options.record === null)
      issue('record', 'the runs that are compared are not named', { hint: 'call etsef compare RUN RUN' })
    return {}
  },
  load: () => import('./compare-runs-node.js'),
})
