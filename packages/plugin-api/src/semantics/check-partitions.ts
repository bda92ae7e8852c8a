import { PipelineError } from '../errors.js'
import type { Rows } from '../payload/rows.js'

interface Seen {
  readonly partition: string
  readonly id: string
}

const duplicateHint = 'remove the duplicate, or give both the same group'
const groupHint = 'take the partitions from data/split, which keeps groups whole'

/** Watches that no image and no group falls into two partitions, over all batches of an output. */
export function createPartitionCheck(): (rows: Rows) => void {
  const sources = new Map<string, Seen>()
  const groups = new Map<string, Seen>()
  const check = (seen: Map<string, Seen>, key: string, own: Seen, what: string, hint: string): void => {
    const before = seen.get(key)
    if (!before) {
      seen.set(key, own)
      return
    }
    if (before.partition === own.partition) return
    throw new PipelineError('ERR_LEAKAGE', {
      message: `Rows "${before.id}" (${before.partition}) and "${own.id}" (${own.partition}) ${what}`,
      expected: 'both in one partition',
      received: `${before.partition} and ${own.partition}`,
      hint,
    })
  }
  return (rows) => {
    rows.ids.forEach((id, index) => {
      const partition = rows.partitions[index]!
      if (partition === 'none') return
      const own = { partition, id }
      check(sources, rows.sourceIds[index]!, own, 'are the same image', duplicateHint)
      const group = rows.groups[index]!
      if (group !== '') check(groups, group, own, `are of one group "${group}"`, groupHint)
    })
  }
}
