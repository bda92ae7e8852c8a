import type { StoredBin } from '../told.js'
import { axisOver } from './axis.js'
import type { LineChart } from './line-chart.js'

/** Reliability before and after a temperature was fitted on validation rows. */
export function reliabilityPairChart({
  title,
  subtitle,
  before,
  after,
}: {
  readonly title: string
  readonly subtitle: string
  readonly before: readonly StoredBin[]
  readonly after: readonly StoredBin[] | null
}): LineChart {
  const curves = [
    { name: 'before', color: 3, dash: [5, 3], bins: before },
    ...(after === null ? [] : [{ name: 'after', color: 0, dash: [], bins: after }]),
  ]
  return {
    title,
    subtitle,
    series: curves.map(({ name, color, dash }) => ({ name, color, dash })),
    panels: [
      {
        title: null,
        width: 360,
        height: 300,
        x: axisOver([0, 1], { title: 'Confidence of the predicted class', count: 5 }),
        y: axisOver([0, 1], { title: 'Fraction predicted right', count: 5 }),
        lines: curves.map(({ bins }, series) => ({
          series,
          points: bins.map(({ confidence, accuracy, count }) => ({ x: confidence, y: accuracy, weight: count })),
        })),
        guides: [{ x: 0, y: 0, x2: 1, y2: 1 }],
        marks: 'sized',
      },
    ],
  }
}
