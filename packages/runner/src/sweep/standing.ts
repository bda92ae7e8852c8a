import { readJournal, type JournalEntry, type TrialState } from './journal.js'
import { resultDigest, type KeyedSweep } from './merge-trials.js'

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
export function standings(keyed: KeyedSweep): ReadonlyMap<string, Standing> {
  const journal = readJournal(keyed.sweep.storeDir, keyed.sweep.name)
  return new Map(
    keyed.members.map((member): [string, Standing] => {
      const entry = journal.get(member.trial.id)
      if (!entry) return [member.trial.id, { state: 'new', entry }]
      const isCurrent =
        (entry.state !== 'ok' && entry.state !== 'pruned') || entry.result === resultDigest(member, keyed)
      return [member.trial.id, { state: isCurrent ? entry.state : 'outdated', entry }]
    }),
  )
}
