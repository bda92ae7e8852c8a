// Program of a thread that ends the process once its coordinator is gone, whatever the main thread is busy with.
import { workerData } from 'node:worker_threads'

const coordinator: unknown = workerData
setInterval(() => {
  if (process.ppid !== coordinator) process.kill(process.pid, 'SIGKILL')
}, 500)
