import { canonicalJson, type Json, type JsonObject, type RunDifference } from '@etsef/plugin-api'
import type { RunRecord, StageRecord } from './run-record.js'

/** Everything in which runs differ, of what went into them: operations, options, edges, data, code, versions, seed and engine. */
export function runDifferences(records: readonly RunRecord[]): RunDifference[] {
  const differences: RunDifference[] = []
  const compare = (kind: RunDifference['kind'], what: string, values: readonly (string | null)[]): void => {
    if (new Set(values).size > 1) differences.push({ kind, what, values })
  }
  const each = (of: (record: RunRecord) => string | null | undefined): (string | null)[] =>
    records.map((record) => of(record) ?? null)
  const keysOf = (of: (record: RunRecord) => Readonly<Record<string, unknown>>): string[] => [
    ...new Set(records.flatMap((record) => Object.keys(of(record)))),
  ]
  compare(
    'seed',
    'seed',
    each(({ resolved }) => shortText((resolved as JsonObject)['seed'])),
  )
  compare(
    'engine',
    'engine',
    each(({ engine }) => engine),
  )
  const nodes = records.map(nodesOf)
  for (const node of new Set(nodes.flatMap((own) => [...own.keys()]))) {
    const found = nodes.map((own) => own.get(node))
    compare(
      'pipeline',
      `${node}.use`,
      found.map((stage) => stage?.ingredients.operation ?? null),
    )
    const sameOperation = new Set(found.map((stage) => stage?.ingredients.operation)).size === 1
    if (!sameOperation) continue
    const options = found.map((stage) => stage?.ingredients.options ?? {})
    for (const option of new Set(options.flatMap((own) => Object.keys(own)))) {
      const values = options.map((own) => shortText(own[option]))
      // Content has its own line, by its path.
      if (values.some((value) => value?.startsWith('sha256:'))) continue
      compare('pipeline', `${node}.${option}`, values)
    }
    compare(
      'pipeline',
      `${node}.in`,
      records.map((record, at) => (found[at] ? edgesOf(found[at], record) : null)),
    )
  }
  for (const name of keysOf(({ contents }) => contents))
    compare(
      'data',
      name,
      each(({ contents }) => contents[name] && `${contents[name].path} (sha256 ${contents[name].digest.slice(0, 12)})`),
    )
  for (const name of keysOf(({ versions }) => versions.plugins))
    compare(
      'version',
      name,
      each(({ versions }) => versions.plugins[name]),
    )
  compare(
    'version',
    'runner',
    each(({ versions }) => versions.runner),
  )
  compare(
    'version',
    'node',
    each(({ versions }) => versions.node),
  )
  const codes = records.map(codeOf)
  for (const name of new Set(codes.flatMap((own) => [...own.keys()])))
    compare(
      'code',
      name,
      codes.map((own) => own.get(name)?.slice(0, 12) ?? null),
    )
  return differences
}

function nodesOf({ stages }: RunRecord): ReadonlyMap<string, StageRecord> {
  return new Map(Object.values(stages).map((stage) => [stage.node, stage]))
}

/** Inputs by the names of the nodes they come from. */
function edgesOf({ ingredients }: StageRecord, { stages }: RunRecord): string {
  const nodeOf = (key: string | undefined): string =>
    Object.values(stages).find((stage) => stage.key === key)?.node ?? '?'
  return Object.entries(ingredients.inputs)
    .map(
      ([port, entries]) =>
        `${port}: ${entries.map(([key, output, name]) => name ?? `${nodeOf(key)}.${output ?? ''}`).join(', ')}`,
    )
    .join('; ')
}

/** Digests of plugins' code, by package. */
function codeOf({ stages }: RunRecord): ReadonlyMap<string, string> {
  return new Map(
    Object.values(stages).map(({ plugin, ingredients }) => [plugin.replace(/@[^@]*$/, ''), ingredients.implementation]),
  )
}

function shortText(value: Json | undefined): string | null {
  if (value === undefined) return null
  const text = typeof value === 'string' ? value : canonicalJson(value)
  return text.length > 200 ? `${text.slice(0, 199)}…` : text
}
