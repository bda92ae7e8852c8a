/**
 * Remembers results by the objects they were made from. Example: 200 trials of a sweep differ in one node, and the other nodes are read
 * once for all.
 */
export interface Memo {
  /**
   * What `make` gave for these ingredients before, or gives now.
   *
   * Ingredients are compared by identity (`===`): the result is found only if every object among them is the same object as before.
   *
   * @param keep - Whether the result is kept for the next time; left out: it is.
   */
  of<T>(ingredients: readonly unknown[], make: () => T, keep?: () => boolean): T
}

/** Keeps nothing. */
export const noMemo: Memo = { of: (_, make) => make() }

interface Level {
  next: Map<unknown, Level> | undefined
  isMade: boolean
  result: unknown
}

/** Keeps every result as long as it lives itself. The first ingredient tells what is made: results of one such word have one type. */
export function createMemo(): Memo {
  const root = newLevel()
  return {
    of<T>(ingredients: readonly unknown[], make: () => T, keep?: () => boolean): T {
      let level = root
      for (const ingredient of ingredients) {
        level.next ??= new Map()
        let below = level.next.get(ingredient)
        if (!below) {
          below = newLevel()
          level.next.set(ingredient, below)
        }
        level = below
      }
      // The first ingredient is a word such as `node`, and all results under one word have one type.
      if (level.isMade) return level.result as T
      const result = make()
      if (keep?.() ?? true) {
        level.isMade = true
        level.result = result
      }
      return result
    },
  }
}

function newLevel(): Level {
  return { next: undefined, isMade: false, result: undefined }
}
