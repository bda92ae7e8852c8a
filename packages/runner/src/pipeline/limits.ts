/** Bounds for hostile files; a pipeline of 10,000 nodes stays far below them. */
export const yamlLimits = {
  bytes: 16 * 2 ** 20,
  depth: 64,
  brackets: 500,
  scalar: 64 * 1024,
  aliasNodes: 10_000,
} as const
