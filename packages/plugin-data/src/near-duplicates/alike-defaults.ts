/** When pictures count as near-duplicates: slices next to each other and other encodings of one picture do, other patients rarely. */
export const alikeDefaults = { maxDistance: 20, minCorrelation: 0.985 } as const
