import { PipelineError, type ImageBatch, type Partition } from '@etsef/plugin-api'
import type { StoredBatch } from '@etsef/plugin-api/codec'
import { hashTable, pictureHash, type HashTable } from '../predict/picture-hash.js'

/** A set that something is fitted on beside others. */
export interface ComparedSet {
  readonly name: string
  /** The rows as they are stored, with a way to their pixels; read twice. */
  batches(): AsyncIterable<{ readonly stored: StoredBatch; readonly pictures: ImageBatch }>
}

/** Pictures decoded at a time. */
const concurrency = 16

interface KnownPictures {
  readonly table: HashTable
  readonly ids: string[]
  /** All pictures of the set, whatever their partition. */
  readonly sources: Set<string>
}

/**
 * Refuses sets of which one is learned from and holds pictures that are nearly test pictures of another, in other bytes: another encoding, size
 * or brightness of them. Two pictures of one set are its split's matter. Every test picture and, where there are any, every
 * picture that is learned from is decoded once; nothing of either reaches an operation.
 *
 * @param visible - Partitions that are learned from.
 * @throws PipelineError `ERR_LEAKAGE` naming both sets and the first pictures.
 */
export async function refuseNearTestPictures(
  sets: readonly ComparedSet[],
  visible: ReadonlySet<Partition>,
  onPictures: (count: number) => void,
): Promise<void> {
  const test = new Map<string, KnownPictures>()
  for (const set of sets) {
    const known: KnownPictures = { table: hashTable(), ids: [], sources: new Set() }
    for await (const { stored, pictures } of set.batches()) {
      for (const source of stored.sourceIds) known.sources.add(source)
      const rows = [...stored.ids.keys()].filter((row) => stored.partitions[row] === 'test')
      await eachHash(pictures, rows, onPictures, (hash, row) => {
        known.table.add(hash)
        known.ids.push(stored.ids[row]!)
      })
    }
    if (known.ids.length > 0) test.set(set.name, known)
  }
  const found: { readonly of: string; readonly set: string; readonly learned: string; readonly test: string }[] = []
  for (const set of sets) {
    const others = [...test].filter(([name]) => name !== set.name)
    if (others.length === 0) continue
    for await (const { stored, pictures } of set.batches()) {
      const rows = [...stored.ids.keys()].filter(
        (row) =>
          visible.has(stored.partitions[row]!) &&
          others.some(([, { sources }]) => !sources.has(stored.sourceIds[row]!)),
      )
      await eachHash(pictures, rows, onPictures, (hash, row) => {
        for (const [of, { table, ids, sources }] of others) {
          const near = sources.has(stored.sourceIds[row]!) ? -1 : table.findNear(hash)
          if (near >= 0) found.push({ of, set: set.name, learned: stored.ids[row]!, test: ids[near]! })
        }
      })
    }
  }
  const [first] = found
  if (first === undefined) return
  throw new PipelineError('ERR_LEAKAGE', {
    message: `"${first.set}" holds near-duplicates of test rows of "${first.of}": ${found
      .slice(0, 5)
      .map(({ learned, test }) => `"${learned}" of "${test}"`)
      .join(', ')}${found.length > 5 ? `, … (${String(found.length)})` : ''}`,
    expected: 'no test picture of one set, nor the same in other bytes, among what another is learned from',
    received: `${String(found.length)} of them`,
    hint: 'leave these pictures out of the other set (exclude of data/folder); data/near-duplicates on both sets lists all pairs',
  })
}

async function eachHash(
  pictures: ImageBatch,
  rows: readonly number[],
  onPictures: (count: number) => void,
  take: (hash: string, row: number) => void,
): Promise<void> {
  for (let start = 0; start < rows.length; start += concurrency) {
    const some = rows.slice(start, start + concurrency)
    const hashes = await Promise.all(some.map(async (row) => pictureHash(await pictures.load(row))))
    hashes.forEach((hash, at) => {
      take(hash, some[at]!)
    })
    onPictures(some.length)
  }
}
