import type { Engine, Model } from '@etsef/nn'
import type { PixelImage, Rng } from '@etsef/plugin-api'
import { camMethods, type CamMethod } from '../grad-cam/cam-methods.js'
import { createExplainer } from '../grad-cam/explain-logits.js'
import { placeMap, receptiveGrid } from '../grad-cam/receptive-grid.js'
import { spearman } from './rank-pixels.js'
import { randomizeWeights } from './randomize-weights.js'

/** Whether maps depend on what the network has learned, and stand still where the picture does. */
export interface ModelChecks {
  /** Rank correlation of maps before and after, by the share of layers that kept their weights: the last is of networks of random weights. */
  readonly randomisation: readonly Randomisation[]
  /** Mean of the largest relative change of a map under noise of 2 % of the grey range. */
  readonly maxSensitivity: number
}

/** What is left of maps when layers have random weights. */
export interface Randomisation {
  /** Share of layers that kept their weights. */
  readonly kept: number
  /** Mean over networks and pictures. */
  readonly spearman: number
  /** Of that mean, by how much the random networks differ; null of one network. It is large: one random network is not like another. */
  readonly standardError: number | null
}

/** Whether a method is one that can be made again of a network alone. */
export function isCamMethod(method: string): method is CamMethod {
  return (camMethods as readonly string[]).includes(method)
}

const keptShares = [0.75, 0.5, 0.25, 0]
const numNoises = 5

/**
 * Parameter randomisation and max-sensitivity (Yeh et al. 2019) of a method that reads a network.
 *
 * @param targets - Class explained of each picture.
 */
export function modelChecks(
  engine: Engine,
  model: Model,
  {
    method,
    pictures,
    targets,
    rng,
    repeats,
  }: {
    readonly method: CamMethod
    readonly pictures: readonly PixelImage[]
    readonly targets: readonly number[]
    readonly rng: Rng
    readonly repeats: number
  },
): ModelChecks {
  const mapsOf = (weights: Model['weights'], shown: readonly PixelImage[]): Float64Array[] => {
    const explainer = createExplainer(engine, { ...model, weights }, { method })
    try {
      const { name, shape } = explainer.layer
      const grid = receptiveGrid(model.graph, name)
      const [side] = model.graph.inputShape
      return shown.map((picture, i) => {
        const [explanation] = explainer.explain([picture], targets[i % targets.length])
        return placeMap(explanation!.map, [shape[0], shape[1]], grid, [side, side])
      })
    } finally {
      explainer.dispose()
    }
  }
  const own = mapsOf(model.weights, pictures)
  const randomisation = keptShares.map((kept) => {
    const found = Array.from({ length: repeats }, (_, repeat) => {
      const other = mapsOf(randomizeWeights(model.graph, model.weights, kept, rng.integer(2 ** 31) + repeat), pictures)
      return mean(own.map((map, i) => spearman(map, other[i]!)))
    })
    return { kept, spearman: mean(found), standardError: standardErrorOf(found) }
  })
  const largest = pictures.map(() => 0)
  for (let noise = 0; noise < numNoises; noise++) {
    mapsOf(
      model.weights,
      pictures.map((picture) => noisy(picture, rng)),
    ).forEach((map, i) => {
      largest[i] = Math.max(largest[i]!, relativeChange(own[i]!, map))
    })
  }
  return { randomisation, maxSensitivity: mean(largest) }
}

/** Length of the change over that of the map; 0 where there is neither. */
export function relativeChange(before: ArrayLike<number>, after: ArrayLike<number>): number {
  let [change, length] = [0, 0]
  for (let i = 0; i < before.length; i++) {
    change += (after[i]! - before[i]!) ** 2
    length += before[i]! ** 2
  }
  return change === 0 ? 0 : Math.sqrt(change / Math.max(length, 1e-300))
}

function noisy(picture: PixelImage, rng: Rng): PixelImage {
  const data = Uint8Array.from(picture.data, (value) =>
    Math.min(255, Math.max(0, Math.round(value + 5.1 * (2 * rng.next() - 1)))),
  )
  return { ...picture, dtype: 'uint8', data }
}

function standardErrorOf(values: readonly number[]): number | null {
  if (values.length < 2) return null
  const middle = mean(values)
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0)
  return Math.sqrt(squares / (values.length - 1) / values.length)
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
