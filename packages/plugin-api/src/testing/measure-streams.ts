import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { defer, finalize, isObservable, take, type Observable } from 'rxjs'
import type { Operation } from '../define-operation.js'
import { nextTurn } from '../streams/rest.js'
import { pulled } from '../streams/pulled.js'
import { release } from '../streams/release.js'
import type { AnyBatch } from '../streams/tables.js'
import { cut, inTurn, openOperation, pickTable, type RunOperationOptions } from './run-operation.js'

/** How an operation treats the streams that it reads. */
export interface StreamMeasure {
  /** Batches of the inputs together. */
  readonly numBatches: number
  /** Most batches that were handed out and still alive at one time. */
  readonly mostHeld: number
}

/** Turns of the event loop after which what was left has ended. */
const turnsToLeave = 8

/**
 * Runs an operation over batches of `batchSize` rows (default 1) and counts which of them are still alive whenever another is handed out:
 * the collector of garbage decides, so a batch counts for as long as anything refers to it. Not for maps, which see no stream.
 */
export async function measureStreams(operation: Operation, run: RunOperationOptions): Promise<StreamMeasure> {
  const batchSize = run.batchSize ?? 1
  const collectGarbage = garbageCollector()
  const handedOut: WeakRef<AnyBatch>[] = []
  let mostHeld = 0
  let numBatches = 0
  const counted = async function* (table: AnyBatch): AsyncGenerator<AnyBatch> {
    for (let at = 0; at < Math.max(1, table.ids.length); at += batchSize) {
      // References that this turn of the loop holds on to by itself end with it.
      await nextTurn(0)
      collectGarbage()
      mostHeld = Math.max(mostHeld, handedOut.filter((batch) => batch.deref() !== undefined).length)
      await nextTurn(0)
      numBatches++
      const indices = [...table.ids.keys()].slice(at, at + batchSize)
      yield remembered(pickTable(table, indices), handedOut)
    }
    await nextTurn(0)
    collectGarbage()
    mostHeld = Math.max(mostHeld, handedOut.filter((batch) => batch.deref() !== undefined).length)
  }
  const whole = openOperation(operation, run)
  try {
    const outputs = await whole.start((table) => pulled(() => counted(table)))
    await Promise.all(rowStreams(outputs).map(drained))
  } finally {
    whole.dispose()
  }
  return { numBatches, mostHeld }
}

function remembered(batch: AnyBatch, refs: WeakRef<AnyBatch>[]): AnyBatch {
  refs.push(new WeakRef(batch))
  return batch
}

/**
 * Reads the first batch of each output and leaves. @returns Inputs that are then still subscribed to: none, where leaving ends the work.
 */
export async function inputsLeftOpen(operation: Operation, run: RunOperationOptions): Promise<number> {
  let numOpen = 0
  const opened = openOperation(operation, run)
  try {
    const outputs = await opened.start((table) =>
      defer(() => {
        numOpen++
        return pulled(() => inTurn(cut(table, run.batchSize ?? 1))).pipe(
          finalize(() => {
            numOpen--
          }),
        )
      }),
    )
    await Promise.all(rowStreams(outputs).map((stream$) => drained(stream$.pipe(take(1)))))
    for (let turn = 0; turn < turnsToLeave; turn++) await nextTurn(0)
    return numOpen
  } finally {
    opened.dispose()
  }
}

function rowStreams(outputs: Readonly<Record<string, unknown>>): Observable<object>[] {
  return Object.values(outputs).filter(isObservable) as Observable<object>[]
}

function drained(stream$: Observable<object>): Promise<void> {
  return new Promise((resolve, reject) => {
    stream$.subscribe({ next: release, error: reject, complete: resolve })
  })
}

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}
