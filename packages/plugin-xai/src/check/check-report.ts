import type { ReportTable, Rng } from '@etsef/plugin-api'
import { formatNumber } from '../overlay/draw-panel.js'
import type { BorderAlarm } from './border-model.js'
import { meanInterval, type MeanInterval } from './interval.js'
import type { ModelChecks, Randomisation } from './model-checks.js'
import type { RemovalScores } from './removal-tests.js'

/** What one map scores. */
export interface MapScores extends RemovalScores {
  /** Share of positive evidence in the outer tenth; NaN for an empty map. */
  readonly borderShare: number
  /** 1 where the maximum lies on the lesion; left out without a lesion. */
  readonly pointing?: number
  /** Share of positive evidence on the lesion. */
  readonly relevanceMass?: number
  /** Share of the picture that is lesion. */
  readonly lesionArea?: number
}

/** One explained picture. */
export interface TestedMap {
  readonly id: string
  readonly group: string
  readonly isEmpty: boolean
  readonly map: MapScores
  readonly random: MapScores
}

/** All that was found of one input. */
export interface MethodCheck {
  readonly name: string
  readonly method: string
  readonly tested: readonly TestedMap[]
  readonly model?: ModelChecks
  /** What max-sensitivity is of a map that is drawn anew each time. */
  readonly randomSensitivity?: number
}

/** A figure with what it means. */
const figures = [
  ['pointing', 'pointing game', 'larger'],
  ['relevanceMass', 'relevance mass', 'larger'],
  ['road', 'ROAD, least minus most relevant first', 'larger'],
  ['deletion', 'deletion', 'smaller'],
  ['insertion', 'insertion', 'larger'],
  ['infidelity', 'infidelity', 'smaller'],
  ['borderShare', 'evidence at the border', 'smaller'],
] as const satisfies readonly (readonly [keyof MapScores, string, 'larger' | 'smaller'])[]

/** Figures as they are written. */
export function checkReport(
  methods: readonly MethodCheck[],
  alarm: BorderAlarm | undefined,
  rng: Rng,
): {
  readonly json: object
  readonly text: string
  readonly metrics: Readonly<Record<string, number | null>>
  readonly table: ReportTable
  readonly alarm: string
} {
  const rows: string[][] = []
  const metrics: Record<string, number | null> = {}
  const found = methods.map((each) => {
    const { name, tested, model, randomSensitivity } = each
    metrics[`${name}.numMaps`] = tested.length
    metrics[`${name}.emptyMaps`] = tested.filter(({ isEmpty }) => isEmpty).length
    const own = figures.flatMap(([figure, label, better]) => {
      const [map, random] = (['map', 'random'] as const).map((which) => intervalOf(tested, which, figure, rng))
      if (!map || !random) return []
      metrics[`${name}.${figure}`] = map.mean
      metrics[`${name}.${figure}.low`] = map.low
      metrics[`${name}.${figure}.random`] = random.mean
      rows.push([name, label, shown(map), shown(random), better])
      return [[figure, { map, random, better }] as const]
    })
    if (model) {
      const last = model.randomisation.at(-1)!
      metrics[`${name}.randomisation`] = last.spearman
      metrics[`${name}.randomisation.standardError`] = last.standardError
      metrics[`${name}.maxSensitivity`] = model.maxSensitivity
      rows.push([name, 'Spearman after parameter randomisation', correlation(last), '0', 'nearer 0'])
      rows.push([
        name,
        'max-sensitivity',
        formatNumber(model.maxSensitivity),
        formatNumber(randomSensitivity ?? NaN),
        'smaller',
      ])
    }
    return { name, method: each.method, figures: Object.fromEntries(own), ...(model ? { model } : {}), tested }
  })
  if (alarm) {
    metrics['borders.balancedAccuracy'] = alarm.balancedAccuracy
    metrics['borders.pValue'] = alarm.pValue
    metrics['borders.alarm'] = Number(alarm.isRaised)
  }
  const table = { columns: ['maps', 'figure', 'mean (95 % interval)', 'random map', 'better'], rows }
  const said = alarmText(alarm)
  return {
    json: { methods: found, borders: alarm ?? null },
    text: textOf(table, methods, said),
    metrics,
    table,
    alarm: said,
  }
}

function intervalOf(
  tested: readonly TestedMap[],
  which: 'map' | 'random',
  figure: keyof MapScores,
  rng: Rng,
): MeanInterval | undefined {
  const known = tested.filter((each) => Number.isFinite(each[which][figure] ?? NaN))
  return meanInterval(
    known.map((each) => each[which][figure]!),
    known.map(({ group }) => group),
    rng,
  )
}

/** With its standard error over the random networks, where there are several. */
function correlation({ spearman, standardError }: Randomisation): string {
  return standardError === null ? formatNumber(spearman) : `${formatNumber(spearman)} ± ${formatNumber(standardError)}`
}

function shown({ mean, low, high }: MeanInterval): string {
  return `${formatNumber(mean)} (${formatNumber(low)} to ${formatNumber(high)})`
}

function alarmText(alarm: BorderAlarm | undefined): string {
  if (!alarm)
    return 'Whether borders alone tell the class was not asked: there are too few labelled patients outside of train.'
  const figure = `balanced accuracy ${formatNumber(alarm.balancedAccuracy)}, chance ${formatNumber(alarm.chance)}, p = ${formatNumber(alarm.pValue)}`
  return alarm.isRaised
    ? `Border alarm: a model that sees the frames of the pictures alone tells the classes (${figure}). Padding, burned-in text or the device may stand for the class.`
    : `No border alarm: a model that sees the frames of the pictures alone does no better than chance (${figure}).`
}

function textOf({ columns, rows }: ReportTable, methods: readonly MethodCheck[], alarm: string): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const cascade = methods.flatMap(({ name, model }) =>
    model
      ? [
          `${name}: rank correlation with the map of a network whose last layers are random: ${model.randomisation.map((each) => `${correlation(each)} (${formatNumber(100 * each.kept)} % of the layers kept)`).join(', ')}.`,
        ]
      : [],
  )
  return [
    '# Maps put to the test',
    alarm,
    [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n'),
    ...cascade,
    '',
  ].join('\n\n')
}
