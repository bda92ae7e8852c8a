/** A bounded number of requests that are in the house, from their first header until nothing of them is held any more. */
export interface Slots {
  readonly numTaken: number
  /** @returns What gives it back, once; `undefined` where all are taken. */
  take(): (() => void) | undefined
}

/** So many slots. */
export function createSlots(most: number): Slots {
  let numTaken = 0
  return {
    get numTaken() {
      return numTaken
    },
    take() {
      if (numTaken >= most) return undefined
      numTaken++
      let isHeld = true
      return () => {
        if (isHeld) numTaken--
        isHeld = false
      }
    },
  }
}
