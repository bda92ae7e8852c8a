/**
 * An iterator of batches from a function that gives the next, or nothing at the end.
 *
 * A generator would read better, but one that waits keeps what its variables last stood for: the batch that it gave, and the one that it made
 * it of, until the next has come. Of several operators in a row that is several batches more than are under way. Here nothing outlives a call.
 *
 * @param leave - Called once: at the end, when `next` fails, and when whoever reads leaves.
 */
export function batchIterator<T extends object>(
  next: () => Promise<T | undefined>,
  leave: () => Promise<unknown>,
): AsyncIterableIterator<T, undefined> {
  let isEnded = false
  const end = async (): Promise<IteratorReturnResult<undefined>> => {
    if (!isEnded) {
      isEnded = true
      await leave()
    }
    return { done: true, value: undefined }
  }
  return {
    async next() {
      if (isEnded) return end()
      try {
        const value = await next()
        // The reader may have left meanwhile.
        return value && !(isEnded as boolean) ? { done: false, value } : await end()
      } catch (thrown) {
        await end()
        throw thrown
      }
    },
    return: end,
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
