import type { ReportTable, ReportValue } from '@etsef/plugin-api'
import type { Localization } from '../grad-cam/localization.js'
import { formatNumber } from './draw-panel.js'

/** What the report says of one explained image. */
export interface ImageSummary {
  readonly id: string
  readonly trueClass: string | undefined
  readonly explainedClass: string
  readonly predictedClass: string | undefined
  /** Largest raw value. */
  readonly max: number
  readonly isEmpty: boolean
  readonly borderShare: number
  readonly additivityResidual: number
  /** Against the lesion mask, where there is one. */
  readonly localization: Localization | undefined
  readonly file?: string
}

/**
 * Figures over all images: share of correct explained classes, empty maps, border share, additivity, and against masks the pointing game and the
 * energy inside, each with what a map that knows nothing would get (`*.chance`).
 */
export function summarize(
  images: readonly ImageSummary[],
): Pick<ReportValue, 'metrics'> & { readonly table: ReportTable } {
  const located = images.flatMap(({ localization }) => (localization ? [localization] : []))
  const metrics = {
    numImages: images.length,
    explainedIsTrue: mean(
      images
        .filter(({ trueClass }) => trueClass !== undefined)
        .map(({ explainedClass, trueClass }) => Number(explainedClass === trueClass)),
    ),
    emptyMaps: mean(images.map(({ isEmpty }) => Number(isEmpty))),
    borderShare: mean(images.map((image) => image.borderShare).filter(Number.isFinite)),
    additivityResidual: max(images.map((image) => image.additivityResidual).filter(Number.isFinite)),
    numWithLesion: located.length,
    pointingGame: mean(located.map(({ isHit }) => Number(isHit))),
    energyInside: mean(located.map(({ energyInside }) => energyInside)),
    'lesionArea.chance': mean(located.map(({ area }) => area)),
  }
  // A figure that does not exist (no masks, a method that promises no sum) has no line.
  const rows = Object.entries(metrics).flatMap(([name, value]) => (value === null ? [] : [[name, formatNumber(value)]]))
  return { metrics, table: { columns: ['figure', 'value'], rows } }
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((total, value) => total + value, 0) / values.length
}

function max(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.max(...values)
}
