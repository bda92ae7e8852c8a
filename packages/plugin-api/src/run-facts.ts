import type { Static } from 'typebox'
import { Type } from '#typebox'
import { contentKeyword } from './options.js'
import type { Json, JsonObject } from './json.js'

/** A node as it was run. */
export interface RunNode {
  readonly id: string
  /** Type of its operation. */
  readonly operation: string
  /** Kind of its operation; left out where the plugin is no longer installed. */
  readonly kind?: 'source' | 'map' | 'estimator' | 'combine' | 'report'
  readonly plugin: string
  readonly options: JsonObject
  /** Where each input comes from. */
  readonly inputs: Readonly<Record<string, readonly { readonly node: string; readonly output: string }[]>>
  /** Its stages: one, or `fit` and `apply`. */
  readonly stages: readonly RunStage[]
}

/** A stage of a node. */
export interface RunStage {
  readonly part: 'run' | 'fit' | 'apply'
  readonly key: string
  readonly outcome: string
  readonly seconds: number
  readonly attempts: number
  readonly maxRssMb?: number
  readonly testLabelReads: number
  /** Last value of every figure that the operation gave. */
  readonly metrics: Readonly<Record<string, number | null>>
  /** Figures that were given with a step, by name. */
  readonly series: Readonly<Record<string, readonly { readonly step: number; readonly value: number }[]>>
  /** Originals that it, or what it stands on, has learned from; left out where nothing was fitted. */
  readonly numLearnedFrom?: number
  /** Row outputs by port. */
  readonly numRows: Readonly<Record<string, number>>
}

/** Another run of the same file. */
export interface SiblingRun {
  readonly run: string
  readonly status: string
  readonly startedAt: string
  /** Options that differ from those of the run that the report is about. */
  readonly changes: readonly {
    readonly node: string
    readonly option: string
    readonly here: Json
    readonly there: Json
  }[]
  /** Figures by node. */
  readonly metrics: Readonly<Record<string, Readonly<Record<string, number | null>>>>
}

/**
 * What a run was: the record of it, and what its artifacts say. `etsef report` writes it as JSON and hands the file to the operation that
 * makes the report, as option `record`.
 */
export interface RunFacts {
  readonly format: 1
  readonly run: string
  readonly pipeline: string
  readonly description?: string
  /** Path of the pipeline file. */
  readonly file: string
  readonly status: string
  readonly startedAt: string
  readonly seconds: number
  readonly seed: string | number
  readonly engine: string | null
  readonly primaryMetric: string | null
  readonly command: { readonly overrides: readonly string[]; readonly profile: string | null }
  readonly versions: {
    readonly runner: string
    readonly node: string
    readonly plugins: Readonly<Record<string, string>>
  }
  /** Content that options name, by `node.option`. */
  readonly contents: Readonly<
    Record<string, { readonly path: string; readonly digest: string; readonly numFiles: number }>
  >
  readonly testLabelReads: number
  /** The pipeline as it ran: extends, variables and overrides resolved. */
  readonly yaml: string
  /** In the order in which they ran. */
  readonly nodes: readonly RunNode[]
  /** The graph as an SVG element. */
  readonly graph: string
  readonly siblings: readonly SiblingRun[]
}

/** Something in which runs differ: what it is in each, in the order of the runs; null where a run has none. */
export interface RunDifference {
  /** An operation or an option of a node, content, a version, the seed, the engine. */
  readonly kind: 'pipeline' | 'data' | 'code' | 'version' | 'seed' | 'engine'
  readonly what: string
  readonly values: readonly (string | null)[]
}

/**
 * Runs that are compared. `etsef compare` writes it as JSON, as `etsef report` does {@link RunFacts}; reports go by `<run>/<node>`.
 */
export interface ComparedRuns {
  readonly format: 1
  /** The first is what the others are held against. Their graphs are not drawn: what differs in them is among the differences. */
  readonly runs: readonly Omit<RunFacts, 'graph'>[]
  readonly differences: readonly RunDifference[]
}

/**
 * Options that an operation of kind `report` has so that `etsef report` can call it for a run, or `etsef compare` for several: spread them
 * into its own.
 *
 * `etsef report` wires every output of a run to each many-port of its kind, names the file of the {@link RunFacts} (or {@link ComparedRuns}) as `record`, and asks
 * with `files` for tables and figures as files of their own.
 */
export const runReportOptions = {
  record: Type.Union(
    [
      Type.Null(),
      Type.String({ minLength: 1, [contentKeyword]: 'path', description: 'Facts of a finished run, as JSON' }),
    ],
    {
      default: null,
      description: 'Facts of a finished run, filled in by etsef report; without it, those of its inputs are told',
    },
  ),
  files: Type.Boolean({ default: false, description: 'Every table and figure as files of their own, too' }),
}

/** Values of {@link runReportOptions}. */
export type RunReportOptions = {
  readonly [K in keyof typeof runReportOptions]: Static<(typeof runReportOptions)[K]>
}
