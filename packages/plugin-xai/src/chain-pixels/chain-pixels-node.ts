import { createGraphModel, loadEngine, readModel, type Model } from '@etsef/nn'
import {
  PipelineError,
  collectFeatures,
  collectImages,
  pickRows,
  type CombineImplementation,
  type FeatureBatch,
  type ImageBatch,
  type OperationContext,
} from '@etsef/plugin-api'
import { of } from 'rxjs'
import { outputsAt, weightsThrough, type AffineStep } from '../chain/affine-chain.js'
import { readOutputs, readStep } from '../chain/read-chain.js'
import { explainedRows, trainRows } from '../explained/explained-rows.js'
import { networkInput } from '../grad-cam/explain-logits.js'
import { normalizeMap } from '../grad-cam/normalize-map.js'
import { carryToCells, carryToPixels, refuseOtherFeatures, type CarriedPart } from './carry-to-pixels.js'
import type { ChainPixelsOptions, chainPixelsInputs, chainPixelsOutputs } from './chain-pixels.js'

type Implementation = CombineImplementation<
  ChainPixelsOptions,
  typeof chainPixelsInputs,
  typeof chainPixelsOutputs,
  OperationContext
>

/** A base model with the columns that are its. */
interface Part {
  readonly name: string
  readonly model: Model
  readonly firstColumn: number
}

/** One map for each chosen row. */
export const run: Implementation['run'] = async ({ options, inputs, ctx }) => {
  const images = await collectImages(inputs.images, ctx.signal)
  const features = await collectFeatures(inputs.features, ctx.signal)
  const steps: AffineStep[] = []
  for (const { value } of inputs.projections) steps.push(await readStep(value.dir))
  const last = await readOutputs(inputs.model.dir)
  if (last.intercepts.length !== images.classNames.length) {
    throw new PipelineError('ERR_CLASS_LIST', {
      message: 'The model has another number of classes than the images',
      port: 'model',
      expected: String(images.classNames.length),
      received: String(last.intercepts.length),
    })
  }
  const parts = await readParts(inputs.networks, features.featureNames.length)
  const rows = explainedRows(images.partitions, options)
  const train = trainRows(images.partitions, 'to take a baseline from')
  const columnsOf = columnsById(features, images)
  const starts = ctx.rng('background').shuffle(train).slice(0, options.background)
  const weights = weightsThrough(steps, last)
  const outputs = rows.map((row) => outputsAt(Float64Array.from(columnsOf(row)), steps, last))
  const targets = outputs.map(largest)
  // Of what is linear the mean of the values is the value of the mean.
  const [startMeans, trainMeans] = [starts, train].map((of) => meanColumns(of, columnsOf))
  const [base, mean] = [startMeans!, trainMeans!].map((means) => outputsAt(means, steps, last))
  const bases = { base: base!, mean: mean! }
  const carried = rows.map((): (Pick<CarriedPart, 'map'> & Partial<CarriedPart>)[] => [])
  const engine = await loadEngine({
    ...(ctx.engine === 'tensorflow' || ctx.engine === 'wasm' ? { prefer: ctx.engine } : {}),
    threads: ctx.threads,
  })
  const width = features.featureNames.length
  // One network at a time is in memory.
  for (const [at, { name, model, firstColumn }] of parts.entries()) {
    const inputOf = async (row: number): Promise<Float32Array> => networkInput([await images.load(row)], model)
    const lastColumn = firstColumn + model.graph.featureWidth
    const network = createGraphModel(engine, model.graph, model.weights)
    try {
      const baselines: Float32Array[] = []
      if (options.method === 'integrated-gradients') for (const row of starts) baselines.push(await inputOf(row))
      for (const [i, row] of rows.entries()) {
        ctx.signal.throwIfAborted()
        const point = await inputOf(row)
        const id = images.ids[row]!
        refuseOtherFeatures(network, point, columnsOf(row).slice(firstColumn, lastColumn), { id, name })
        const own = weights.slice(targets[i]! * width + firstColumn, targets[i]! * width + lastColumn)
        // An equal part of 1 % of the whole: base models that nearly cancel are no reason for more steps.
        const tolerance = (0.01 * Math.abs(outputs[i]![targets[i]!]! - bases.base[targets[i]!]!)) / parts.length
        carried[i]!.push(
          options.method === 'pooled-layer'
            ? carryToCells(network, own, point, startMeans!.slice(firstColumn, lastColumn), name)
            : carryToPixels(network, own, point, baselines, { ...options, tolerance }),
        )
        ctx.progress(at * rows.length + i + 1, parts.length * rows.length, 'maps')
      }
    } finally {
      network.dispose()
    }
  }
  const balances = rows.map((_, i) => {
    const target = targets[i]!
    return balanceOf(outputs[i]![target]!, { base: bases.base[target]!, mean: bases.mean[target]! }, carried[i]!)
  })
  report(
    rows.map((row) => images.ids[row]!),
    balances,
    parts,
    ctx,
  )
  const spent = carried.flatMap((each) => each.flatMap(({ numSteps }) => numSteps ?? []))
  if (spent.length > 0) ctx.metric('steps', spent.reduce((sum, value) => sum + value, 0) / spent.length)
  const [height, breadth] = parts[0]!.model.graph.inputShape
  const values = new Float32Array(rows.length * height * breadth)
  const maps = carried.map((each) =>
    each.reduce((sum, { map }) => sum.map((value, at) => value + map[at]!), new Float64Array(height * breadth)),
  )
  maps.forEach((map, i) => {
    values.set(map, i * height * breadth)
  })
  return {
    attributions: of({
      kind: 'attributions' as const,
      ...pickRows(images, rows),
      ...{ values, shape: [height, breadth], method: `chain-pixels ${options.method}`, unit: 'margin' },
      targets: Int32Array.from(targets),
      empty: Uint8Array.from(maps, (map) => (normalizeMap(map).isEmpty ? 1 : 0)),
      additivityResidual: Float64Array.from(balances, ({ residual }) => residual),
    }),
  }
}

async function readParts(
  networks: readonly { readonly name: string; readonly value: { readonly dir: string } }[],
  numColumns: number,
): Promise<Part[]> {
  const parts: Part[] = []
  let firstColumn = 0
  for (const { name, value } of networks) {
    const model = await readModel(value.dir)
    parts.push({ name, model, firstColumn })
    firstColumn += model.graph.featureWidth
  }
  if (firstColumn !== numColumns) {
    throw new PipelineError('ERR_SHAPE_MISMATCH', {
      message: 'The networks have another number of features than there are columns',
      port: 'networks',
      expected: `${String(numColumns)} columns`,
      received: parts.map(({ name, model }) => `${name}: ${String(model.graph.featureWidth)}`).join(', '),
      hint: 'give all base models of the fused features, in their order',
    })
  }
  const sides = parts.map(({ model }) => model.graph.inputShape.slice(0, 2).join(' × '))
  if (new Set(sides).size > 1) {
    throw new PipelineError('ERR_SHAPE_MISMATCH', {
      message: 'The networks see pictures of other sizes, so their maps cannot be added up pixel by pixel',
      port: 'networks',
      expected: sides[0]!,
      received: parts.map(({ name }, i) => `${name}: ${sides[i]!}`).join(', '),
      hint: 'open the base models with one inputSize',
    })
  }
  return parts
}

/** Columns of a row of the images. */
function columnsById({ ids, features, featureNames }: FeatureBatch, images: ImageBatch): (row: number) => Float32Array {
  const width = featureNames.length
  const at = new Map(ids.map((id, i) => [id, i]))
  return (row) => {
    const i = at.get(images.ids[row]!)
    if (i === undefined) {
      throw new PipelineError('ERR_MISSING_ID', {
        message: `There are no features of row "${images.ids[row]!}"`,
        port: 'features',
        hint: 'give the features of the images that are explained',
      })
    }
    return features.subarray(i * width, (i + 1) * width)
  }
}

/** What a picture's margin is made of. */
interface Balance {
  readonly margin: number
  /** Mean margin of the rows from which paths start. */
  readonly base: number
  /** Sums of the maps, one a base model. */
  readonly sums: readonly number[]
  /** What the columns have together, against the mean of all train rows (as xai/chain has it). */
  readonly columns: number
  /** `columns` − (`margin` − `base`): margin of the starts less that of all train rows. Nothing when all are starts. */
  readonly shift: number
  /** |base + sums − margin|. */
  readonly residual: number
}

function balanceOf(
  margin: number,
  { base, mean }: { readonly base: number; readonly mean: number },
  carried: readonly Pick<CarriedPart, 'map'>[],
): Balance {
  const columns = margin - mean
  const sums = carried.map(({ map }) => map.reduce((sum, value) => sum + value, 0))
  const residual = Math.abs(sums.reduce((sum, value) => sum + value, base) - margin)
  return { margin, base, sums, columns, shift: columns - (margin - base), residual }
}

/** What float32 rounds in a margin, relative to it. */
const rounding = 1e-5

/** The residual as a share of the difference; nothing where it is rounding alone, as for a picture that is like all starts. */
function missingShare({ margin, base, residual }: Balance): number {
  const least = rounding * Math.max(1, Math.abs(margin))
  return residual <= least ? 0 : residual / Math.max(Math.abs(margin - base), least)
}

/** Means of the columns over rows. */
function meanColumns(rows: readonly number[], columnsOf: (row: number) => Float32Array): Float64Array {
  const means = new Float64Array(columnsOf(rows[0]!).length)
  for (const row of rows) columnsOf(row).forEach((value, j) => (means[j]! += value / rows.length))
  return means
}

function report(
  ids: readonly string[],
  balances: readonly Balance[],
  parts: readonly Part[],
  ctx: OperationContext,
): void {
  const shown = (value: number): string => value.toPrecision(4)
  balances.forEach(({ margin, base, sums, columns, shift, residual }, i) => {
    const shares = parts.map(({ name }, j) => `${name} ${shown(sums[j]!)}`).join(' + ')
    ctx.log(
      'info',
      `${ids[i]!}: margin ${shown(margin)} = base ${shown(base)} + ${shares}, residual ${residual.toExponential(1)}; columns ${shown(columns)}, of it ${shown(shift)} between the starts and all train rows`,
    )
  })
  const shares = balances.map(missingShare)
  const incomplete = shares.flatMap((share, i) => {
    return share > 0.01 ? [`${ids[i]!} (${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %)`] : []
  })
  if (incomplete.length > 0)
    ctx.log(
      'warn',
      `${String(incomplete.length)} of ${String(balances.length)} maps do not sum to the difference of the margin within 1 %: ${incomplete.join(', ')}; raise maxSteps, or take fewer rows for background`,
    )
  ctx.metric('residual', Math.max(...balances.map(({ residual }) => residual)))
  ctx.metric('relativeResidual', Math.max(...shares))
  ctx.metric('shift', Math.max(...balances.map(({ shift }) => Math.abs(shift))))
}

function largest(outputs: Float64Array): number {
  return outputs.reduce((best, output, k) => (output > outputs[best]! ? k : best), 0)
}
