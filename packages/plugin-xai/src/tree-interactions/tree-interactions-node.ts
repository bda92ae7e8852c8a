import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  collectFeatures,
  pickFeatures,
  type FeatureBatch,
  type OperationContext,
  type ReportImplementation,
  type ReportTable,
} from '@etsef/plugin-api'
import { outputsOf, readTreeEnsemble, type TreeEnsemble } from '@etsef/plugin-api/models'
import { explainedRows, trainRows } from '../explained/explained-rows.js'
import { formatNumber } from '../overlay/draw-panel.js'
import { checkAdditivity } from '../tree-shap/additivity.js'
import { drawBackground } from '../tree-shap/background.js'
import { checkColumns, predictedOutput } from '../tree-shap/explained-output.js'
import { interactionExplainer } from '../tree-shap/interventional-tree-interactions.js'
import type { TreeInteractionsOptions, treeInteractionsInputs, treeInteractionsOutputs } from './tree-interactions.js'

type Implementation = ReportImplementation<
  TreeInteractionsOptions,
  typeof treeInteractionsInputs,
  typeof treeInteractionsOutputs,
  OperationContext
>

/** What `interactions.json` holds. */
export interface InteractionsJson {
  readonly unit: string
  /** Names of the rows and columns of the matrices. */
  readonly columns: readonly string[]
  /** Means of the absolute values over rows, of the shown columns. */
  readonly meanAbsolute: Matrix
  readonly rows: readonly {
    readonly id: string
    readonly explainedClass: string
    /** What no column explains. */
    readonly base: number
    /** Symmetric; together with `others` its rows sum to the Shapley values. */
    readonly matrix: Matrix
    /** What each column does together with all that are not shown. */
    readonly others: readonly number[]
    /** Shapley values of the shown columns. */
    readonly values: readonly number[]
  }[]
}

type Matrix = readonly (readonly number[])[]

/** Interactions of the chosen rows, for the class that the trees predict. */
export const run: Implementation['run'] = async ({ options, inputs, ctx }) => {
  const [table, ensemble] = await Promise.all([
    collectFeatures(inputs.features, ctx.signal),
    readTreeEnsemble(inputs.model.dir),
  ])
  checkColumns(table, ensemble)
  const chosen = explainedRows(table.partitions, options)
  const train = pickFeatures(table, trainRows(table.partitions, 'to stand for absent columns'))
  const { rows: background } = drawBackground(train, options.background, ctx.rng('background'))
  const explained = explainRows(table, chosen, ensemble, background, ctx)
  const shown = largestColumns(explained, options.maxColumns)
  const { featureNames } = table
  const means = meanAbsolute(explained)
  const width = featureNames.length
  const block = (pairs: Float64Array): Matrix => shown.map((i) => shown.map((j) => pairs[i * width + j]!))
  const sumOf = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, value) => sum + value, 0)
  const json: InteractionsJson = {
    unit: ensemble.unit,
    columns: shown.map((j) => featureNames[j]!),
    meanAbsolute: block(means),
    rows: explained.map(({ id, label, base, pairs }) => {
      const matrix = block(pairs)
      const values = shown.map((j) => sumOf(pairs.subarray(j * width, (j + 1) * width)))
      return {
        ...{ id, explainedClass: table.classNames[label]!, base, matrix },
        others: values.map((value, i) => value - sumOf(matrix[i]!)),
        values,
      }
    }),
  }
  const dir = ctx.outputDir('report')
  await writeFile(join(dir, 'interactions.json'), `${JSON.stringify(json)}\n`)
  const alone = sumOf(Array.from({ length: width }, (_, j) => means[j * width + j]!))
  const metrics = {
    numRows: explained.length,
    additivityResidual: Math.max(...explained.map(({ residual }) => residual)),
    'share.together': 1 - alone / (sumOf(means) || 1),
  }
  return { report: { kind: 'report', dir, metrics, table: tableOf(means, featureNames, ensemble.unit) } }
}

/** Interactions of one row. */
interface Explained {
  readonly id: string
  /** Class that is explained. */
  readonly label: number
  readonly base: number
  /** `[numFeatures, numFeatures]`. */
  readonly pairs: Float64Array
  /** |base + sum of all − output|. */
  readonly residual: number
}

/** @throws PipelineError `ERR_NOT_ADDITIVE` for a row whose values do not sum to the output. */
function explainRows(
  { ids, features, featureNames }: FeatureBatch,
  chosen: readonly number[],
  ensemble: TreeEnsemble,
  background: Float32Array,
  ctx: OperationContext,
): Explained[] {
  const interactions = interactionExplainer(ensemble, background)
  const width = featureNames.length
  return chosen.map((at, i) => {
    ctx.signal.throwIfAborted()
    const row = features.subarray(at * width, (at + 1) * width)
    const outputs = outputsOf(ensemble, row)
    const { output, label, sign } = predictedOutput(outputs, ensemble)
    const own = interactions.explain(row, output)
    const base = interactions.base.subarray(output, output + 1)
    const residual = checkAdditivity(own, { base, outputs: outputs.subarray(output, output + 1) }, ids[at]!)
    ctx.progress(i + 1, chosen.length, 'rows')
    return { id: ids[at]!, label, base: sign * base[0]!, pairs: own.map((value) => sign * value), residual }
  })
}

function meanAbsolute(explained: readonly Explained[]): Float64Array {
  const means = new Float64Array(explained[0]!.pairs.length)
  for (const { pairs } of explained) pairs.forEach((value, at) => (means[at]! += Math.abs(value) / explained.length))
  return means
}

/** Columns with the largest values, in the order of the table. */
function largestColumns(explained: readonly Explained[], maxColumns: number): number[] {
  const width = Math.sqrt(explained[0]!.pairs.length)
  const sizes = Array.from({ length: width }, (_, j) =>
    explained.reduce(
      (sum, { pairs }) => sum + Math.abs(pairs.subarray(j * width, (j + 1) * width).reduce((a, b) => a + b, 0)),
      0,
    ),
  )
  return sizes
    .map((_, j) => j)
    .sort((a, b) => sizes[b]! - sizes[a]! || a - b)
    .slice(0, maxColumns)
    .sort((a, b) => a - b)
}

/** The five pairs that do most together: both halves of the matrix. */
function tableOf(means: Float64Array, names: readonly string[], unit: string): ReportTable {
  const width = names.length
  const pairs = names.flatMap((_, i) => names.slice(0, i).map((__, j) => ({ i, j, size: 2 * means[i * width + j]! })))
  return {
    columns: ['pair', `mean |interaction| (${unit})`],
    rows: pairs
      .sort((a, b) => b.size - a.size)
      .slice(0, 5)
      .map(({ i, j, size }) => [`${names[j]!} × ${names[i]!}`, formatNumber(size)]),
  }
}
