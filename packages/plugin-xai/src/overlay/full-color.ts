/**
 * Raw value that full colour stands for in a picture of a map: what all but the strongest pixels of its evidence stay at or below. Maps of pixels have a few
 * values that are many times the others; scaled by the largest, all else would be too pale to see.
 *
 * @param map - Raw values of one map.
 * @param outlierPercent - Percent of the pixels with positive evidence that may lie above, in [0, 100); 0 gives the largest value.
 * @returns 0 for a map without evidence.
 * @see Captum's `visualize_image_attr`, option `outlier_perc`, which is taken of all pixels.
 */
export function fullColor(map: ArrayLike<number>, outlierPercent: number): number {
  const evidence = Float64Array.from(map)
    .filter((value) => value > 0)
    .sort()
  return evidence[Math.ceil((1 - outlierPercent / 100) * evidence.length) - 1] ?? 0
}
