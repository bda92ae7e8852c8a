/**
 * Remembers results by the objects they were made from. Example: 200 trials of a sweep differ in one node, and the other nodes are read
 * once for all.
 *
 * A lookup goes from ingredient to ingredient and is quickest where each is what it was in the last lookup that began alike. So the name of a
 * node stands before the objects that it has in this variant: mostly they are those that it had in the variant before.
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

/** Results of ingredients that begin alike. Most levels lead to one next level only, so the one that was met last is kept beside the map. */
interface Level {
  lastIngredient: unknown
  lastLevel: Level | undefined
  /** All next levels, once there are two. */
  levels: Map<unknown, Level> | undefined
  isMade: boolean
  result: unknown
}

/** Keeps every result as long as it lives itself. The first ingredient tells what is made: results of one such word have one type. */
export function createMemo(): Memo {
  const root = newLevel()
  return {
    of<T>(ingredients: readonly unknown[], make: () => T, keep?: () => boolean): T {
      let level = root
      for (const ingredient of ingredients) level = nextLevel(level, ingredient)
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

function nextLevel(level: Level, ingredient: unknown): Level {
  const { lastIngredient, lastLevel, levels } = level
  if (lastLevel && lastIngredient === ingredient) return lastLevel
  const found = levels?.get(ingredient) ?? newLevel()
  if (lastLevel) (level.levels ??= new Map([[lastIngredient, lastLevel]])).set(ingredient, found)
  level.lastIngredient = ingredient
  level.lastLevel = found
  return found
}

function newLevel(): Level {
  return { lastIngredient: undefined, lastLevel: undefined, levels: undefined, isMade: false, result: undefined }
}
