// Program of a helping thread of a crew: sleeps until the turn changes, then takes parts while there are any.
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { partNames, place, type CrewData, type OpenedMemory } from './crew-control.js'
import { instantiate, type KernelExports } from './kernels.js'

// What crew.ts starts this thread with.
const { control } = workerData as CrewData
let turn = 0
let current = 0
let exports: KernelExports | undefined
for (;;) {
  Atomics.wait(control, place.turn, turn)
  turn = Atomics.load(control, place.turn)
  if (turn < 0) break
  Atomics.add(control, place.active, 1)
  try {
    if (Atomics.load(control, place.isOpen) === 1) takeParts(openMemory())
  } catch {
    Atomics.store(control, place.failed, 1)
  }
  Atomics.sub(control, place.active, 1)
  Atomics.notify(control, place.active)
}

/** The kernels in the memory of the open job; it has been sent before the job was opened. */
function openMemory(): KernelExports {
  while (exports === undefined || current !== control[place.memory]) {
    const { module, memory, id } = receiveMessageOnPort(parentPort!)!.message as OpenedMemory
    exports = instantiate(module, memory)
    current = id
  }
  return exports
}

function takeParts(kernels: KernelExports): void {
  const args = Array.from(control.subarray(place.args, place.args + control[place.numArgs]!))
  const work = kernels[partNames[control[place.name]!]!]
  const count = control[place.numParts]!
  for (let part: number; (part = Atomics.add(control, place.next, 1)) < count;) work(part, ...args)
}
