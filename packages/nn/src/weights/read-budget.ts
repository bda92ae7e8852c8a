import { badWeights } from '../errors.js'

/** Largest file read: ten times the largest published network. */
export const MAX_FILE_BYTES = 2_000_000_000

/** What a file of weights may unpack to. */
export interface ReadBudget {
  /** Counts values that are about to be read. @throws PipelineError `ERR_WEIGHTS` when the file holds fewer bytes than its tensors claim. */
  spend(numValues: number, name: string): void
}

/**
 * A bound on the float32 values that a file's tensors become.
 *
 * Bytes widen to four times their size, and a tensor may stand under two names. A file that claims more names the same bytes again and again,
 * or claims values that are not in it: a few megabytes could ask for all memory there is.
 */
export function readBudget(fileBytes: number): ReadBudget {
  const most = 4 * fileBytes + 64_000_000
  let spent = 0
  return {
    spend: (numValues, name) => {
      spent += 4 * numValues
      if (spent <= most) return
      throw badWeights(`the tensors up to "${name}" are larger than the file they are in`, {
        expected: `at most ${most} bytes of values from a file of ${fileBytes} bytes`,
        received: `${spent} bytes`,
        hint: 'the file is damaged, or made to use up memory',
      })
    },
  }
}

/** Weights larger than any network's. */
export function tooLarge(what: string, bytes: number): Error {
  return badWeights(`weights too large: ${what}`, {
    expected: `at most ${MAX_FILE_BYTES} bytes`,
    received: `${bytes} bytes`,
  })
}
