import type { RunFacts } from '@etsef/plugin-api'
import type { TopLevelSpec } from 'vega-lite'
import { categorical } from '../../figures/palette.js'
import type { TrainingPair } from '../training.js'

const SIZE = { width: 230, height: 170 }

/** Curves of one network: a panel for each figure, training solid and validation dashed with points. */
export function trainingChart({
  facts,
  pairs,
  title,
}: {
  readonly facts: RunFacts
  readonly pairs: readonly TrainingPair[]
  readonly title: string
}): TopLevelSpec {
  return {
    title,
    columns: 3,
    concat: pairs.map(({ node, stage, training, validation }) => {
      const { series } = facts.nodes.find(({ id }) => id === node)!.stages[stage]!
      const rows = [
        { name: training, rows: 'training' },
        { name: validation, rows: 'validation' },
      ].flatMap(({ name, rows }) =>
        name === null ? [] : series[name]!.map(({ step, value }) => ({ step, value, rows })),
      )
      return {
        ...SIZE,
        title: { text: training ?? validation ?? '', fontSize: 13, offset: 6 },
        data: { values: rows },
        mark: { type: 'line' as const, point: { size: 18 }, strokeWidth: 2 },
        encoding: {
          x: {
            field: 'step',
            type: 'quantitative' as const,
            axis: { title: 'Step', tickMinStep: 1, tickCount: 6 },
            scale: { zero: false },
          },
          y: {
            field: 'value',
            type: 'quantitative' as const,
            axis: { title: null, tickCount: 5 },
            scale: { zero: false, nice: true },
          },
          color: {
            field: 'rows',
            type: 'nominal' as const,
            scale: { domain: ['training', 'validation'], range: [categorical[0], categorical[3]] },
            legend: { orient: 'bottom' as const },
          },
          strokeDash: {
            field: 'rows',
            type: 'nominal' as const,
            scale: {
              domain: ['training', 'validation'],
              range: [
                [1, 0],
                [5, 3],
              ],
            },
            legend: null,
          },
        },
      }
    }),
  }
}
