import { PipelineError } from './errors.js'
import type { Rows } from './payload/rows.js'

/**
 * For each row of `left`, the position of the row of the same id in `right`.
 *
 * @param names - How the two sides are called in messages, and what to do when one lacks a row.
 * @throws {@link PipelineError} `ERR_DUPLICATE_ID` when an id stands twice on a side, `ERR_MISSING_ID` when one side lacks an id of the other.
 */
export function joinRows(
  left: Pick<Rows, 'ids'>,
  right: Pick<Rows, 'ids'>,
  names: { readonly left: string; readonly right: string; readonly hint?: string },
): Int32Array {
  const leftIndex = indexIds(left.ids, names.left)
  const rightIndex = indexIds(right.ids, names.right)
  for (const id of rightIndex.keys()) {
    if (!leftIndex.has(id)) throw missingId(id, names.left, names.right, names.hint)
  }
  return Int32Array.from(left.ids, (id) => {
    const at = rightIndex.get(id)
    if (at === undefined) throw missingId(id, names.right, names.left, names.hint)
    return at
  })
}

/** Position of each id. @throws {@link PipelineError} `ERR_DUPLICATE_ID`. */
export function indexIds(ids: readonly string[], name: string): Map<string, number> {
  const index = new Map<string, number>()
  ids.forEach((id, at) => {
    if (index.has(id)) {
      throw new PipelineError('ERR_DUPLICATE_ID', {
        message: `Row id "${id}" stands twice in ${name} (rows ${String(index.get(id))} and ${String(at)})`,
        hint: 'ids must be unique; two sources that are joined need different ids',
      })
    }
    index.set(id, at)
  })
  return index
}

function missingId(
  id: string,
  lacking: string,
  having: string,
  hint = 'the inputs of a join must hold the same rows; take them from the same split',
): PipelineError {
  return new PipelineError('ERR_MISSING_ID', {
    message: `Row id "${id}" of ${having} is missing in ${lacking}`,
    hint,
  })
}
