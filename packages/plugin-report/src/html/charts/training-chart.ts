import type { RunFacts } from '@etsef/plugin-api'
import type { TrainingPair } from '../training.js'
import { axisAround } from './axis.js'
import type { LineChart, LinePanel } from './line-chart.js'

/** Curves of one network: a panel for each figure, training solid and validation dashed with points. */
export function trainingChart({
  facts,
  pairs,
  title,
}: {
  readonly facts: RunFacts
  readonly pairs: readonly TrainingPair[]
  readonly title: string
}): LineChart {
  return {
    title,
    subtitle: '',
    series: [
      { name: 'training', color: 0, dash: [] },
      { name: 'validation', color: 3, dash: [5, 3] },
    ],
    panels: pairs.map(({ node, stage, training, validation }): LinePanel => {
      const { series } = facts.nodes.find(({ id }) => id === node)!.stages[stage]!
      const lines = [training, validation].flatMap((figure, at) =>
        figure === null
          ? []
          : [{ series: at, points: series[figure]!.map(({ step, value }) => ({ x: step, y: value })) }],
      )
      const points = lines.flatMap((line) => line.points)
      return {
        title: training ?? validation ?? '',
        width: 230,
        height: 170,
        x: axisAround(
          points.map(({ x }) => x),
          { title: 'Step', count: 6, leastStep: 1 },
        ),
        y: axisAround(
          points.map(({ y }) => y),
          { title: null, count: 5 },
        ),
        lines,
        guides: [],
        marks: 'equal',
      }
    }),
  }
}
