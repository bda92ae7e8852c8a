/** Bounds for hostile files; a pipeline of 10,000 nodes stays below them. */
export const yamlLimits = {
  /** Of all files of a pipeline together. */
  bytes: 4 * 2 ** 20,
  /** Words, marks and spaces between them, of all files together: the parser needs a few hundred bytes for each. */
  tokens: 600_000,
  depth: 64,
  brackets: 500,
  scalar: 64 * 1024,
  /** Characters of a name or an option. */
  key: 1024,
  aliasNodes: 10_000,
  /** Values that references stand for, all together; a text counts one, and one more for every 64 characters. */
  referenceValues: 100_000,
  /** Variables that name one another in a row. */
  referenceDepth: 64,
  /** Nodes, and values of them, when parts and lists are written out. */
  expandedNodes: 20_000,
  expandedValues: 1_000_000,
  /** Files that extend one another in a row, and files that one file extends. */
  extends: 32,
  /** Problems of one text that are told; what follows the first hundred rarely helps. */
  problems: 100,
} as const
