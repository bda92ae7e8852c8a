import { canonicalJson } from '@etsef/plugin-api'
import type { CodeChange } from './explain-code.js'
import type { Ingredients, Stage } from './stages.js'

/** The first thing in which a stage's key differs from an earlier run's. */
export interface Difference {
  /** Stage where it lies: the one asked about, or one upstream. */
  readonly stage: string
  readonly node: string
  /** `operation`, `cacheVersion`, `implementation`, `options.components`, `seed`, `engine`, `inputs.features`, `new`. */
  readonly ingredient: string
  readonly before: string | undefined
  readonly now: string | undefined
  /** The file or package, where the code changed. */
  readonly detail?: string | undefined
  /** From the cause down to the stage asked about. */
  readonly path: readonly string[]
}

/** Ingredients of an earlier run, by stage. */
export type Earlier = ReadonlyMap<string, { readonly key: string; readonly ingredients: Ingredients }>

/**
 * Why a stage's key is another than in an earlier run: the first differing ingredient, followed upstream to where it starts.
 *
 * @param codeChange - Names what changed between two digests of a plugin's code.
 * @returns `undefined` when the key is the same.
 */
export function explainStage(
  id: string,
  stages: ReadonlyMap<string, Stage>,
  earlier: Earlier,
  codeChange?: CodeChange,
): Difference | undefined {
  const path: string[] = []
  for (let current = id; ;) {
    const stage = stages.get(current)!
    const before = earlier.get(current)
    path.unshift(current)
    if (!before) {
      const replaced = [stage.node, `${stage.node}:apply`, `${stage.node}:fit`].flatMap(
        (each) => earlier.get(each) ?? [],
      )[0]
      const now = stage.ingredients.operation
      if (!replaced) return { stage: current, node: stage.node, ingredient: 'new', before: undefined, now, path }
      const was = replaced.ingredients.operation
      return { stage: current, node: stage.node, ingredient: 'operation', before: was, now, path }
    }
    if (before.key === stage.key) return undefined
    const own = ownDifference(before.ingredients, stage.ingredients)
    if (own) {
      const { ingredient, implementation } = { ...own, ...before.ingredients }
      const detail =
        ingredient === 'implementation' ? codeChange?.(implementation, stage.ingredients.implementation) : undefined
      return { stage: current, node: stage.node, ...own, ...(detail === undefined ? {} : { detail }), path }
    }
    const upstream = changedProducer(stage, stages, earlier)
    if (upstream === undefined) {
      const inputs = inputDifference(before.ingredients, stage, stages, earlier)
      return { stage: current, node: stage.node, ...inputs, path }
    }
    current = upstream
  }
}

type Named = Pick<Difference, 'ingredient' | 'before' | 'now'>

function ownDifference(before: Ingredients, now: Ingredients): Named | undefined {
  const plain = (ingredient: string, a: unknown, b: unknown): Named | undefined =>
    a === b ? undefined : { ingredient, before: textOf(a), now: textOf(b) }
  return (
    plain('operation', before.operation, now.operation) ??
    optionDifference(before.options, now.options, 'options') ??
    // The derived seed follows from operation, options and the run's seed; the first two are equal here.
    plain('seed', before.seed, now.seed) ??
    plain('cacheVersion', before.cacheVersion, now.cacheVersion) ??
    plain('implementation', before.implementation, now.implementation) ??
    plain('engine', before.engine, now.engine) ??
    plain('format', before.format, now.format)
  )
}

function optionDifference(before: unknown, now: unknown, path: string): Named | undefined {
  if (canonicalJson(before ?? null) === canonicalJson(now ?? null)) return undefined
  if (isMap(before) && isMap(now)) {
    for (const key of [...new Set([...Object.keys(before), ...Object.keys(now)])].sort()) {
      const found = optionDifference(before[key], now[key], `${path}.${key}`)
      if (found) return found
    }
  }
  return { ingredient: path, before: textOf(before), now: textOf(now) }
}

function inputDifference(
  before: Ingredients,
  stage: Stage,
  stages: ReadonlyMap<string, Stage>,
  earlier: Earlier,
): Named {
  const now = stage.ingredients
  const producers = new Map(stage.inputs.map(({ stage: id }) => [stages.get(id)!.key, stages.get(id)!.node]))
  const producersBefore = new Map([...earlier].map(([id, { key }]) => [key, id.replace(/:(fit|apply)$/, '')]))
  for (const port of new Set([...Object.keys(before.inputs), ...Object.keys(now.inputs)])) {
    if (canonicalJson(before.inputs[port] ?? []) === canonicalJson(now.inputs[port] ?? [])) continue
    const names = (ingredients: Ingredients, nodes: ReadonlyMap<string, string>): string =>
      (ingredients.inputs[port] ?? [])
        .map(([key, output, name]) => name ?? `${nodes.get(key!) ?? key!.slice(0, 10)}.${output!}`)
        .join(', ')
    return { ingredient: `inputs.${port}`, before: names(before, producersBefore), now: names(now, producers) }
  }
  return { ingredient: 'inputs', before: undefined, now: undefined }
}

/** An input stage whose own key changed and that was an input before, too; a rewired input is a cause of its own. */
function changedProducer(stage: Stage, stages: ReadonlyMap<string, Stage>, earlier: Earlier): string | undefined {
  const before = earlier.get(stage.id)!.ingredients
  const keysBefore = new Set([
    ...Object.values(before.inputs).flatMap((entries) => entries.map(([key]) => key)),
    before.state,
  ])
  const producers = [
    ...stage.inputs.map((input) => input.stage),
    ...(stage.fitStage === undefined ? [] : [stage.fitStage]),
  ]
  const added = producers.find((id) => !earlier.has(id) && !keysBefore.has(stages.get(id)!.key))
  if (added !== undefined && Object.values(before.inputs).flat().length === stage.inputs.length) return added
  return producers.find((id) => {
    const own = earlier.get(id)
    return own && own.key !== stages.get(id)!.key && keysBefore.has(own.key)
  })
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textOf(value: unknown): string | undefined {
  if (value === undefined) return undefined
  const text = typeof value === 'string' ? value : canonicalJson(value)
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}

/** A difference in words: `option components of "selected" changed from 50 to 20`. */
export function describeDifference(difference: Difference): string {
  const { node, ingredient, before, now, detail } = difference
  const change =
    before === undefined
      ? `is now ${now ?? ''}`
      : now === undefined
        ? `was ${before}`
        : `changed from ${before} to ${now}`
  const short = (text: string | undefined): string => (text ?? '').replace('sha256:', '').slice(0, 10)
  if (ingredient === 'new') return `"${node}" is new`
  if (ingredient === 'implementation')
    return `the code of the plugin of "${node}" changed${detail === undefined ? '' : `: ${detail}`} (${short(before)} → ${short(now)})`
  if (ingredient === 'seed')
    return before === undefined || now === undefined
      ? `"${node}" ${now === undefined ? 'draws nothing now' : 'draws now'}`
      : `the seed of the run or of "${node}" changed`
  if (
    ingredient.startsWith('options.') &&
    (before?.startsWith('sha256:') ?? false) &&
    (now?.startsWith('sha256:') ?? false)
  ) {
    return `the content at option ${ingredient.slice(8)} of "${node}" changed (${short(before)} → ${short(now)})`
  }
  if (ingredient.startsWith('options.')) return `option ${ingredient.slice(8)} of "${node}" ${change}`
  if (ingredient.startsWith('inputs.') && before === now)
    return `input ${ingredient.slice(7)} of "${node}" has other results of ${now ?? ''} than before`
  if (ingredient.startsWith('inputs')) return `input ${ingredient.slice(7)} of "${node}" ${change}`
  return `${ingredient} of "${node}" ${change}`
}
