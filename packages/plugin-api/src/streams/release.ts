/** What to call when a batch is done with. Of batches of pulled streams, and of what bounded operators made of them. */
const releases = new WeakMap<object, (() => void)[]>()

/** Calls `then` once when the batch is released. */
export function onRelease(batch: object, then: () => void): void {
  const known = releases.get(batch)
  if (known) known.push(then)
  else releases.set(batch, [then])
}

/**
 * Says that a batch is done with: its source may hand out another. The operators of this entry and the `collect` functions say so
 * themselves, as does the runner of what it has written; an operator of your own may.
 */
export function release(batch: object): void {
  const known = releases.get(batch)
  if (!known) return
  releases.delete(batch)
  for (const then of known) then()
}
