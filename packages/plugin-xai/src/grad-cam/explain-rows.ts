import type { PixelImage } from '@etsef/plugin-api'
import type { LogitExplanation } from './explain-logits.js'
import type { OpenExplainer } from './open-explainer.js'

/** How {@link explainRows} goes through rows. */
export interface ExplainRowsOptions {
  readonly batchSize: number
  /** Class to explain, of all or of each row in their order; left out: the predicted one of each. */
  readonly target?: number | readonly number[] | undefined
  readonly signal: AbortSignal
  readonly progress?: (done: number) => void
}

/** Explanations of rows, in their order. As many batches are explained at a time as the explainer can, while the next one is loaded. */
export async function explainRows(
  explainer: Pick<OpenExplainer, 'numAtOnce' | 'explain'>,
  rows: readonly number[],
  load: (row: number) => Promise<PixelImage>,
  { batchSize, target, signal, progress }: ExplainRowsOptions,
): Promise<LogitExplanation[]> {
  const starts = Array.from({ length: Math.ceil(rows.length / batchSize) }, (_, i) => i * batchSize)
  const found: LogitExplanation[][] = []
  const read = (start: number): Promise<PixelImage[]> =>
    Promise.all(rows.slice(start, start + batchSize).map((row) => load(row)))
  let done = 0
  let next = 0
  const work = async (): Promise<void> => {
    for (;;) {
      const at = next++
      const start = starts[at]
      if (start === undefined) return
      signal.throwIfAborted()
      const pictures = await read(start)
      found[at] = await explainer.explain(
        pictures,
        typeof target === 'object' ? target.slice(start, start + batchSize) : target,
      )
      progress?.((done += pictures.length))
    }
  }
  // One more than are computed at a time: it loads while they are.
  await Promise.all(Array.from({ length: Math.min(starts.length, explainer.numAtOnce + 1) }, work))
  return found.flat()
}
