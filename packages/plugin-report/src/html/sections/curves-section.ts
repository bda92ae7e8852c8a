import { bandChart } from '../charts/band-chart.js'
import { reliabilityPairChart } from '../charts/reliability-pair-chart.js'
import { figureAt, shown } from '../figure.js'
import { headlineOf } from '../findings.js'
import { markup, name } from '../markup.js'
import { metricTitle } from '../metric-names.js'
import { tableBlock, words } from '../section.js'
import type { Block, Section } from '../section.js'
import type { Cell } from '../table.js'
import { evaluationsOf } from '../told.js'
import type { StoredCurves, Told } from '../told.js'

/** ROC, precision–recall, risk–coverage, reliability and decision curves of the reference and its rivals; what is calibrated on validation rows. */
export function curvesSections(told: Told): Section[] {
  const evaluations = evaluationsOf(told)
  return evaluations.flatMap(({ name: report, json, curves }): Section[] => {
    const suffix = evaluations.length > 1 ? `-${report}` : ''
    const title = (text: string): string => (evaluations.length > 1 ? `${text} (${report})` : text)
    const headline = headlineOf(json, told.facts, told.named)
    const shownInputs = [...new Set([headline.reference, ...headline.rivals.map(({ input }) => input)])].filter(
      (at) => at >= 0,
    )
    const rank = curves === undefined ? [] : rankBlocks(curves, shownInputs, suffix)
    const reliability = shownInputs.flatMap((at): Block[] => {
      const { name: input, calibration, fromValidation } = json.inputs[at]!
      if (!calibration) return []
      return [
        {
          kind: 'chart',
          figure: {
            id: `reliability-${fileName(input)}${suffix}`,
            caption: `Reliability of ${input}`,
            chart: reliabilityPairChart({
              title: `Reliability, ${input}`,
              subtitle: fromValidation
                ? 'Before and after one temperature that was fitted on validation rows. Dots grow with the rows of a bin.'
                : 'Dots grow with the rows of a bin.',
              before: calibration.equalWidth.bins,
              after: fromValidation?.temperature.calibration.bins ?? null,
            }),
          },
        },
      ]
    })
    const decision = curves === undefined ? [] : decisionBlocks(curves, shownInputs, suffix)
    return [
      { id: `curves${suffix}`, title: title('Curves'), blocks: rank },
      {
        id: `calibration${suffix}`,
        title: title('Calibration'),
        blocks: [...reliability, ...calibrationTables(told, report, suffix)],
      },
      {
        id: `decision${suffix}`,
        title: title('Decision curves'),
        blocks:
          decision.length === 0
            ? []
            : [
                ...decision,
                words(
                  markup`<p class="note">Net benefit counts a false alarm as the odds of the threshold against a hit. A model below both treating all and treating none does harm there.</p>`,
                ),
              ],
      },
    ]
  })
}

function rankBlocks(curves: StoredCurves, inputs: readonly number[], suffix: string): Block[] {
  const own = inputs.flatMap((at) => curves.inputs[at] ?? [])
  const marked = (scoreKind: string): string => (scoreKind === 'voteShare' ? ' Of vote shares: few steps exist.' : '')
  const blocks = own.flatMap(({ name: input, scoreKind, classes }): Block[] => [
    {
      kind: 'chart',
      figure: {
        id: `roc-${fileName(input)}${suffix}`,
        caption: `ROC of ${input}`,
        chart: bandChart({
          title: `ROC, ${input}`,
          subtitle: `Each class against the rest.${marked(scoreKind)}`,
          axis: curves.axes.falsePositiveRate,
          curves: classes.map(({ className, roc }) => ({ name: className, band: roc })),
          xTitle: 'False-positive rate',
          yTitle: 'True-positive rate',
          yDomain: [0, 1],
          guides: [{ x: 0, y: 0, x2: 1, y2: 1 }],
        }),
      },
    },
    {
      kind: 'chart',
      figure: {
        id: `pr-${fileName(input)}${suffix}`,
        caption: `Precision and recall of ${input}`,
        chart: bandChart({
          title: `Precision–recall, ${input}`,
          subtitle: `Each class against the rest.${marked(scoreKind)}`,
          axis: curves.axes.recall,
          curves: classes.map(({ className, precision }) => ({ name: className, band: precision })),
          xTitle: 'Recall',
          yTitle: 'Precision',
          yDomain: [0, 1],
        }),
      },
    },
  ])
  const risk: Block = {
    kind: 'chart',
    figure: {
      id: `risk-coverage${suffix}`,
      caption: 'Risk and coverage',
      chart: bandChart({
        title: 'Risk–coverage',
        subtitle: 'Share of wrong answers when only the surest rows are answered: lower is better.',
        axis: curves.axes.coverage,
        curves: own.map(({ name: input, risk: band }) => ({ name: input, band })),
        xTitle: 'Coverage',
        yTitle: 'Risk',
      }),
    },
  }
  const note = words(markup`<p class="note">Bands: pointwise intervals of resamples of whole groups (patients).</p>`)
  return own.length === 0 ? [] : [note, ...blocks, risk]
}

/** Of the first shown input that gives probabilities, each class. */
function decisionBlocks(curves: StoredCurves, inputs: readonly number[], suffix: string): Block[] {
  const input = inputs
    .flatMap((at) => curves.inputs[at] ?? [])
    .find(({ classes }) => classes.every(({ netBenefit }) => netBenefit !== null))
  if (input === undefined) return []
  return input.classes.map(({ className, netBenefit, treatAll }, c): Block => {
    const most = Math.max(...treatAll, ...netBenefit!.value.map((value) => value ?? 0)) * 1.1
    return {
      kind: 'chart',
      figure: {
        id: `decision-${String(c)}${suffix}`,
        caption: `Decision curve of ${className}, ${input.name}`,
        chart: bandChart({
          title: `Net benefit of finding ${className}`,
          subtitle: `${input.name} against calling every row ${className}; the zero line is calling none.`,
          axis: curves.axes.threshold,
          curves: [
            { name: input.name, band: netBenefit! },
            { name: 'treat all', band: { value: treatAll, low: treatAll, high: treatAll }, color: 6 },
          ],
          xTitle: 'Threshold probability',
          yTitle: 'Net benefit',
          yDomain: [-most / 4, most],
          guides: [{ x: 0, y: 0, x2: 1, y2: 0 }],
        }),
      },
    }
  })
}

function calibrationTables(told: Told, report: string, suffix: string): Block[] {
  const { source, json } = evaluationsOf(told).find(({ name: own }) => own === report)!
  const inputs = json.inputs.flatMap(({ name: input, fromValidation }, at) => (fromValidation ? [{ input, at }] : []))
  const [first] = inputs
  if (first === undefined) return []
  const figure = (at: number, ...path: (string | number)[]) => figureAt(source, ['inputs', at, ...path])
  const temperature = inputs.map(({ input, at }): Cell[] => [
    input,
    figure(at, 'fromValidation', 'temperature', 'temperature'),
    ...['ece', 'brier', 'logLoss'].flatMap((metric) => [
      figure(at, 'metrics', metric),
      figure(at, 'fromValidation', 'temperature', metric),
    ]),
  ])
  const sets = inputs.flatMap(({ input, at }) =>
    (['marginal', 'classConditional'] as const).map((kind): Cell[] => [
      input,
      kind === 'marginal' ? 'all rows' : 'each class',
      ...['coverage', 'meanSize', 'empty'].map((key) => figure(at, 'fromValidation', 'conformal', kind, key)),
      ...json.classNames.map((_, c) => figure(at, 'fromValidation', 'conformal', kind, 'perClass', c)),
    ]),
  )
  const level = figureAt(source, ['inputs', first.at, 'fromValidation', 'conformal', 'level'], 'level')
  const rows = figureAt(source, ['inputs', first.at, 'fromValidation', 'numSamples'], 'whole')
  const groups = figureAt(source, ['inputs', first.at, 'fromValidation', 'numGroups'], 'whole')
  return [
    tableBlock({
      id: `temperature${suffix}`,
      caption: 'One temperature, fitted on validation rows: before and after',
      columns: [
        'Input',
        'Temperature',
        ...['ece', 'brier', 'logLoss'].flatMap((metric) => [metricTitle(metric), 'after']),
      ],
      rows: temperature,
    }),
    tableBlock({
      id: `prediction-sets${suffix}`,
      caption: 'Prediction sets, calibrated on validation rows: share of rows whose set holds the true class',
      columns: [
        'Input',
        'Promised for',
        'Coverage',
        'Classes in a set',
        'Empty sets',
        ...json.classNames.map((each) => `Coverage, ${each}`),
      ],
      rows: sets,
      notes: [
        markup`The promise is ${shown(level)}. Calibrated on ${shown(rows)} rows of ${shown(groups)} groups, each of which counts once; validation rows also stopped the trainings of ${name('networks')}, so the promise is a little too good.`,
      ],
    }),
  ]
}

/** A name as part of a file's name. */
function fileName(text: string): string {
  return text.replaceAll(/[^\w.-]/g, '_')
}
