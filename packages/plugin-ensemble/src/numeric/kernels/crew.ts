import { Worker } from 'node:worker_threads'
import { mostArgs, partNames, place, type CrewData, type OpenedMemory, type PartName } from './crew-control.js'

/** Threads that help the calling one with work in parts. */
export interface Crew {
  /** Does all parts and returns when they are done. */
  run(job: Job): void
  /** Lets the threads go. */
  close(): void
}

/** Parts 0 … `numParts − 1` of a kernel; any thread may do any of them, so each writes where no other does. */
export interface Job {
  readonly module: object
  readonly memory: object
  readonly name: PartName
  readonly numParts: number
  readonly args: readonly number[]
  /** Does one part in this thread. */
  work(this: void, part: number): void
}

/** Program of a helping thread. Compiled: a thread cannot read TypeScript, so a crew run from source uses the package's build. */
const program = new URL(
  import.meta.url.endsWith('.ts') ? '../../../dist/numeric/kernels/crew-thread.js' : './crew-thread.js',
  import.meta.url,
)

/**
 * A crew of `numThreads` threads, the calling one among them.
 *
 * Threads take parts as they are free, so one that starts late or is slowed down by others costs little; as every part has
 * its own place, results do not depend on who does which. Started threads wait for work without using the processor and do
 * not keep the process alive.
 *
 * @returns `undefined` for one thread.
 */
export function openCrew(numThreads: number): Crew | undefined {
  if (numThreads <= 1) return undefined
  const control = new Int32Array(new SharedArrayBuffer(4 * (place.args + mostArgs)))
  const workers = Array.from({ length: numThreads - 1 }, () => {
    const worker = new Worker(program, { workerData: { control } satisfies CrewData, execArgv: [] })
    // A thread that cannot start leaves its parts to the others.
    worker.on('error', () => undefined)
    worker.unref()
    return worker
  })
  let memory: object | undefined
  let id = 0
  return {
    run: (job) => {
      if (job.memory !== memory) {
        memory = job.memory
        id++
        for (const worker of workers) worker.postMessage({ module: job.module, memory, id } satisfies OpenedMemory)
      }
      control.set([job.numParts, id, 0, job.args.length, partNames.indexOf(job.name), ...job.args], place.numParts)
      Atomics.store(control, place.next, 0)
      Atomics.store(control, place.isOpen, 1)
      Atomics.add(control, place.turn, 1)
      Atomics.notify(control, place.turn)
      for (let part: number; (part = Atomics.add(control, place.next, 1)) < job.numParts;) job.work(part)
      // From here on nobody joins; those who have joined are waited for, so the next job cannot meet them half way.
      Atomics.store(control, place.isOpen, 0)
      for (let active: number; (active = Atomics.load(control, place.active)) > 0;) {
        Atomics.wait(control, place.active, active)
      }
      if (Atomics.load(control, place.failed) !== 0) throw new Error('A thread of the numeric kernels failed')
    },
    close: () => {
      Atomics.store(control, place.turn, -1)
      Atomics.notify(control, place.turn)
    },
  }
}
