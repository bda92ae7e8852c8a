import type { Labels } from '@etsef/plugin-api/models'
import { matrix, type Matrix } from '../numeric/linear-algebra/matrix.js'
import { readFixture } from './parity-fixture.js'

/** What repeats in the values of a table. */
export type Repeats = 'nothing' | 'zeros' | 'relu' | 'decimals' | 'integers' | 'binary'

/** How a table is made; `test-fixtures/make_hard_tables.py` makes the same bits. */
export interface TableRecipe {
  readonly name: string
  readonly rows: number
  readonly columns: number
  readonly classes: number
  /** Columns whose mean moves with the class: every third, up to this number. */
  readonly informative: number
  readonly repeats: Repeats
  /** A class of the task has no row. */
  readonly missing?: boolean
  /** The last column is constant. */
  readonly constant?: boolean
  /** Every fifth column is 1e6 times as large, around 1e7. */
  readonly huge?: boolean
  /** Every ninth row is all zeros. */
  readonly zeroRows?: boolean
}

/** A hard table: rows to learn from, and as many others of the same kind. */
export interface HardTable {
  readonly recipe: TableRecipe
  readonly x: Matrix
  readonly y: Labels
  readonly testX: Matrix
  readonly testY: Int32Array
  readonly informative: readonly number[]
}

/** What the peers made of a table. */
export interface PeerValues {
  /** Sum of all values; shows that both sides have the same table. */
  readonly sum: number
  readonly informationPrecisions: readonly number[]
  readonly boosted: Readonly<Record<'exact' | 'hist', { leaves: number; accuracy: number; margins: readonly number[] }>>
  readonly forest: { readonly trainAccuracy: number; readonly accuracies: readonly number[] }
  readonly cosineDistances: readonly number[]
  readonly lda: readonly number[]
  readonly logistic: readonly number[]
  readonly l1: { readonly size: number; readonly columns: readonly number[] }
}

/** Recipes and peer values, in the order of the fixture. */
export function hardTables(): readonly { readonly recipe: TableRecipe; readonly peer: PeerValues }[] {
  return (readFixture('hard-tables') as { tables: { recipe: TableRecipe; peer: PeerValues }[] }).tables
}

/** Makes a table from its recipe, in integers and single operations, so that every language gives the same bits. */
export function makeHardTable(recipe: TableRecipe, seed: number): HardTable {
  const { rows, columns, classes } = recipe
  const present = Array.from({ length: classes }, (_, k) => k).filter((k) => recipe.missing !== true || k !== 1)
  const informative = Array.from({ length: columns }, (_, j) => j)
    .filter((j) => j % 3 === 1)
    .slice(0, recipe.informative)
  let state = seed >>> 0
  const uniform = (): number => {
    state = (Math.imul(1664525, state) + 1013904223) >>> 0
    return (state >>> 8) / 2 ** 24
  }
  const total = 2 * rows
  const labels = Int32Array.from({ length: total }, (_, i) => present[i % present.length]!)
  const data = new Float64Array(total * columns)
  for (let i = 0; i < total; i++) {
    for (let j = 0; j < columns; j++) {
      const rest = uniform() + uniform() + uniform() + uniform() - 2
      const moves = informative.includes(j) && (labels[i]! + j) % classes < classes / 2
      data[i * columns + j] = Math.fround(valueOf(recipe, i, j, 1.75 * rest + (moves ? 0.75 : 0), uniform()))
    }
  }
  const cut = rows * columns
  return {
    recipe,
    x: matrix(rows, columns, data.slice(0, cut)),
    y: { labels: labels.slice(0, rows), numClasses: classes },
    testX: matrix(rows, columns, data.slice(cut)),
    testY: labels.slice(rows),
    informative,
  }
}

function valueOf(recipe: TableRecipe, i: number, j: number, value: number, chance: number): number {
  if (recipe.zeroRows === true && i % 9 === 4) return 0
  if (recipe.constant === true && j === recipe.columns - 1) return 12345.678
  const repeated = repeat(recipe.repeats, value, chance)
  return recipe.huge === true && j % 5 === 0 ? 1e7 + 1e6 * repeated : repeated
}

function repeat(repeats: Repeats, value: number, chance: number): number {
  switch (repeats) {
    case 'nothing':
      return value
    case 'zeros':
      return chance < 0.1 ? 0 : value
    case 'relu':
      return Math.max(0, value)
    case 'decimals':
      return Math.floor(20 * value + 0.5) / 100
    case 'integers':
      return Math.floor(value + 0.5)
    case 'binary':
      return value > 0.5 ? 1 : 0
  }
}
