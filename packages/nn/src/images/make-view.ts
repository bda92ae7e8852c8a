import type { PixelImage } from '@etsef/plugin-api'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { applyView } from './apply-view.js'
import type { ViewParameters } from './draw-view.js'
import type { ViewAnswer, ViewRequest } from './view-thread-messages.js'

/** Pixels of a view below which handing it to a thread takes longer than making it. */
const leastPixels = 64 * 64
/** Threads of a process: beyond, copies of pictures take the time. */
const mostThreads = 4

/** Program of the threads. Compiled: a thread cannot read TypeScript, so source uses the package's build. */
const program = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/images/view-thread.js' : './view-thread.js',
  import.meta.url,
)

type Waiting = (view: Float32Array | undefined) => void

/** A thread, and who waits for what of it. */
interface ViewThread {
  readonly worker: Worker
  readonly waiting: Map<number, Waiting>
}

/** Threads of this process; they start with the first view that is worth it, and end with the process. */
const threads: ViewThread[] = []
let lastId = 0

/**
 * Makes a view as {@link applyView} does, in a thread of its own where it is large: JavaScript goes on beside it. The same bytes either way.
 *
 * @returns RGB in [0, 255], float, `[side, side, 3]`.
 */
export async function makeView(image: PixelImage, side: number, view: ViewParameters): Promise<Float32Array> {
  const isWorthIt = side * side >= leastPixels && availableParallelism() > 1
  const made = isWorthIt ? await makeInThread(image, side, view) : undefined
  if (made !== undefined) return made
  const data = new Float32Array(side * side * 3)
  applyView(image, side, view, data)
  return data
}

function makeInThread(image: PixelImage, side: number, view: ViewParameters): Promise<Float32Array | undefined> {
  const { worker, waiting } = leastBusy()
  const id = ++lastId
  return new Promise((resolve) => {
    if (waiting.size === 0) worker.ref()
    waiting.set(id, resolve)
    worker.postMessage({ id, image: alone(image), side, view } satisfies ViewRequest)
  })
}

/** The thread that has the least to do; a new one where all have something and there may be more. */
function leastBusy(): ViewThread {
  const least = threads.reduce<ViewThread | undefined>(
    (best, thread) => (best === undefined || thread.waiting.size < best.waiting.size ? thread : best),
    undefined,
  )
  if (
    least !== undefined &&
    (least.waiting.size === 0 || threads.length >= Math.min(mostThreads, availableParallelism()))
  )
    return least
  const thread = start()
  threads.push(thread)
  return thread
}

function start(): ViewThread {
  const worker = new Worker(program, { execArgv: [] })
  const waiting = new Map<number, Waiting>()
  // An idle thread does not keep the process alive.
  worker.unref()
  worker.on('message', ({ id, data }: ViewAnswer) => {
    const settle = waiting.get(id)
    waiting.delete(id)
    if (waiting.size === 0) worker.unref()
    settle?.(data)
  })
  // Without the thread, who waits makes the view itself.
  const end = (): void => {
    const at = threads.findIndex((thread) => thread.worker === worker)
    if (at >= 0) threads.splice(at, 1)
    for (const settle of waiting.values()) settle(undefined)
    waiting.clear()
  }
  worker.on('error', end)
  worker.on('exit', end)
  return { worker, waiting }
}

/** A picture whose buffer holds nothing else: a part of a larger one would be copied whole. */
function alone(image: PixelImage): PixelImage {
  const { dtype, shape, data } = image
  return { dtype, shape, data: data.byteLength === data.buffer.byteLength ? data : data.slice() }
}
