import type { Stage } from '../plan/stages.js'
import { listRuns, readRunRecord } from './run-record.js'

/** Newest runs that are looked at. */
const numRuns = 20

/** How long stages of an operation took in the newest runs of a store, on the mean; `undefined` for what was never run. */
export function recordedSeconds(storeDir: string): (stage: Stage) => number | undefined {
  const sums = new Map<string, { seconds: number; count: number }>()
  for (const run of listRuns(storeDir).slice(0, numRuns)) {
    for (const { outcome, seconds, ingredients } of Object.values(readRunRecord(storeDir, run)?.stages ?? {})) {
      if (outcome !== 'done') continue
      const name = `${ingredients.operation} ${ingredients.part}`
      const sum = sums.get(name) ?? { seconds: 0, count: 0 }
      sum.seconds += seconds
      sum.count++
      sums.set(name, sum)
    }
  }
  return ({ type, part }) => {
    const sum = sums.get(`${type} ${part}`)
    return sum && sum.seconds / sum.count
  }
}
