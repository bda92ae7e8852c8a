import { markup } from './markup.js'
import type { Markup } from './markup.js'

/** A JSON document that figures on the page come from. */
export interface Source {
  /** As figures name it: `scores/metrics.json`, `record`. */
  readonly name: string
  readonly json: unknown
}

/** How a number is written. */
export type Form = keyof typeof forms

/** A number of a source, with where it stands. */
export interface Figure {
  readonly value: number | null
  /** Source and JSON pointer: `scores/metrics.json#/inputs/0/metrics/accuracy`. */
  readonly from: string
  readonly form: Form
}

/** Ways to write a number; every one is a function of the number alone, so that a reader can check it. */
const forms = {
  decimal: (value: number) => value.toFixed(3),
  signed: (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`,
  whole: (value: number) => String(value),
  percent: (value: number) => `${(100 * value).toFixed(1)} %`,
  points: (value: number) => (100 * value).toFixed(1),
  level: (value: number) => `${String(Math.round(value * 1000) / 10)} %`,
  p: (value: number) => (value < 0.001 ? '<0.001' : value.toFixed(3)),
  seconds: (value: number) => `${value.toFixed(1)} s`,
  short: (value: number) => String(Number(value.toPrecision(4))),
} as const

/**
 * The number at a path of a source: what is shown is looked up where it is said to come from, so the two cannot differ.
 *
 * @returns Null for what is not there or not estimable.
 */
export function figureAt(source: Source, path: readonly (string | number)[], form: Form = 'decimal'): Figure {
  const value = path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? (at as Readonly<Record<string, unknown>>)[key] : undefined),
    source.json,
  )
  const pointer = path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
  return { value: typeof value === 'number' ? value : null, from: `${source.name}#${pointer}`, form }
}

/** A number as text; an en dash for what is not estimable. */
export function figureText({ value, form }: Figure): string {
  return value === null ? '–' : forms[form](value)
}

/** A number as an element that carries the unrounded value and where it comes from. */
export function shown(figure: Figure): Markup {
  return markup`<data value="${figure.value === null ? '' : String(figure.value)}" data-from="${figure.from}" data-form="${figure.form}"${figure.value === null ? markup` title="not estimable"` : null}>${figureText(figure)}</data>`
}
