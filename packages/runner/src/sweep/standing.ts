import { readJournal, type JournalEntry, type TrialState } from './journal.js'
import type { SweepResults } from './known-results.js'

/** What is known of a trial. */
export interface Standing {
  /** `new`: never run. `outdated`: done, but of another pipeline, other data or other code than there is now. */
  readonly state: TrialState | 'new' | 'outdated'
  readonly entry: JournalEntry | undefined
}

/**
 * What is known of every trial, by its id. The journal knows trials by their overrides alone; a result counts where it has the keys that
 * the trial has now.
 */
export function standings({ sweep, results }: SweepResults): ReadonlyMap<string, Standing> {
  const journal = readJournal(sweep.storeDir, sweep.name)
  return new Map(
    sweep.trials.map(({ id }): [string, Standing] => {
      const entry = journal.get(id)
      if (!entry) return [id, { state: 'new', entry }]
      const isCurrent = (entry.state !== 'ok' && entry.state !== 'pruned') || entry.result === results.get(id)
      return [id, { state: isCurrent ? entry.state : 'outdated', entry }]
    }),
  )
}
