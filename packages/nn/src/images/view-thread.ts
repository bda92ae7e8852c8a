// Program of a thread that makes views: works on one at a time.
import { parentPort } from 'node:worker_threads'
import { applyView } from './apply-view.js'
import type { ViewAnswer, ViewRequest } from './view-thread-messages.js'

const port = parentPort!
port.on('message', ({ id, image, side, view }: ViewRequest) => {
  try {
    const data = new Float32Array(side * side * 3)
    applyView(image, side, view, data)
    port.postMessage({ id, data } satisfies ViewAnswer, [data.buffer])
  } catch {
    // Errors lose their class on the way: who asked makes the view itself, and sees what is wrong.
    port.postMessage({ id, data: undefined } satisfies ViewAnswer)
  }
})
