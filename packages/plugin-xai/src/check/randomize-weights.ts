import { initWeights, parametersOf, type Graph, type Weights } from '@etsef/nn'

/**
 * Weights of which the last layers are drawn anew: all of those behind a share of the layers, counted from the input.
 *
 * @param share - 0 draws all, 1 none.
 * @see Adebayo et al. 2018, Sanity Checks for Saliency Maps, arXiv:1810.03292 (cascading randomisation)
 */
export function randomizeWeights(graph: Graph, weights: Weights, share: number, seed: number): Weights {
  const layerOf = (name: string): string => name.slice(0, name.lastIndexOf('/'))
  const layers = [...new Set(parametersOf(graph).map(({ name }) => layerOf(name)))]
  const kept = new Set(layers.slice(0, Math.round(share * layers.length)))
  const drawn = initWeights(graph, seed)
  return new Map(
    [...weights].map(([name, weight]) => [name, kept.has(layerOf(name)) ? weight : (drawn.get(name) ?? weight)]),
  )
}
