import { PipelineError, type Partition } from '@etsef/plugin-api'
import type { StoredBatch } from '@etsef/plugin-api/codec'

/** The sets that something is fitted on at once: none may hold, among what is learned from, a test picture of another. */
export class LearnedSets {
  readonly #test = new Map<string, { readonly id: string; readonly set: string }>()
  readonly #learned = new Map<string, string>()
  #size = 0

  /** Test rows and rows that are learned from, of all sets. */
  get size(): number {
    return this.#size
  }

  /** Takes a batch of a set. @param visible - Partitions that are learned from. */
  add(batch: StoredBatch, name: string, visible: ReadonlySet<Partition>): void {
    batch.partitions.forEach((partition, index) => {
      const source = batch.sourceIds[index]!
      if (partition === 'test') this.#test.set(source, { id: batch.ids[index]!, set: name })
      if (visible.has(partition)) this.#learned.set(source, name)
      if (partition === 'test' || visible.has(partition)) this.#size++
    })
  }

  /** @throws PipelineError `ERR_LEAKAGE` naming the sets and the test rows. */
  check(): void {
    const leaked = [...this.#test].filter(([source, { set }]) => (this.#learned.get(source) ?? set) !== set)
    const [first] = leaked
    if (first === undefined) return
    const [source, { set }] = first
    const rows = leaked.slice(0, 5).map(([, { id }]) => id)
    throw new PipelineError('ERR_LEAKAGE', {
      message: `"${this.#learned.get(source)!}" holds pictures that are test rows of "${set}": ${rows.join(', ')}${leaked.length > 5 ? `, … (${String(leaked.length)})` : ''}`,
      expected: 'no test picture of one set among what another is learned from',
      received: `${String(leaked.length)} of them`,
      hint: 'remove these pictures from the other set, or use one split for both; data/near-duplicates on both lists all pairs',
    })
  }
}
