import { canonicalJson, type Json, type Place } from '@etsef/plugin-api'
import { createHash } from 'node:crypto'

/** An override of the pipeline, as `--set` has it, and where the sweep's file gives it. */
export interface Setting {
  /** `node.option`, `node.use`, `node.in.port`, `vars.name` or `seed`. */
  readonly path: string
  readonly value: Json
  readonly place: Place
  /** Gives way to every other setting of its path. */
  readonly isDefault?: true
}

/** One choice of everything that a sweep varies. */
export interface Trial {
  /** A short hash of its overrides: the same in every file, in any order. */
  readonly id: string
  /** Sorted by path; a path stands once. */
  readonly settings: readonly Setting[]
  /** What distinguishes it from other trials, in words, by what is varied; without repeats. */
  readonly factors: Readonly<Record<string, string>>
  /** Which repetition it is, by what is varied for it. */
  readonly repeat: Readonly<Record<string, string>>
  /** Nodes were left out: what nothing reads because of that is not wanted for its own sake. */
  readonly isAblated: boolean
  /** An evaluation of the test rows of other trials, which are the folds of one cross-validation. */
  readonly pooled?: { readonly node: string; readonly place: Place; readonly trials: readonly string[] }
}

/** Settings, later ones in place of earlier ones of the same path, sorted by path. */
export function mergeSettings(settings: readonly Setting[]): readonly Setting[] {
  const defaults = settings.filter(({ isDefault }) => isDefault)
  const given = settings.filter(({ isDefault }) => !isDefault)
  const byPath = new Map([...defaults, ...given].map((setting) => [setting.path, setting]))
  return [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** Overrides as plain values, by path. */
export function overridesOf(settings: readonly Setting[]): Readonly<Record<string, Json>> {
  return Object.fromEntries(settings.map(({ path, value }) => [path, value]))
}

/** The short hash by which a trial is known. */
export function trialId(settings: readonly Setting[]): string {
  return createHash('sha256')
    .update(canonicalJson(overridesOf(settings)))
    .digest('hex')
    .slice(0, 10)
}

/** The setting as the text of a `--set`. JSON is YAML. */
export function overrideText({ path, value }: Setting): string {
  return `${path}=${JSON.stringify(value)}`
}

/** A value for people: texts as they are, the rest as JSON. */
export function valueText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
