import { mostRelevantPart } from './most-relevant-part.js'

/**
 * The pixel that a map of a method points to, where that is not its maximum: of a map of superpixels the middle of the one that got most.
 *
 * @param method - As an attribution batch names it.
 */
export function pointOfMap(
  method: string,
  map: ArrayLike<number>,
  shape: readonly [number, number],
): number | undefined {
  return method === 'vote-shap' ? mostRelevantPart(map, shape) : undefined
}
