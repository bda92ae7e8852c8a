import { expect, test } from 'vitest'
import { openCrew } from './crew.js'
import { openKernels } from './kernels.js'

test('a second thread takes parts', () => {
  const crew = openCrew(2)!
  // Two rows of a · bᵀ, a part each, for a = b = 1.
  const { exports, module, memory, buffer } = openKernels(1024)!
  const [a, b, out] = [0, 64, 256]
  new Float64Array(buffer, 0, 32).fill(1)
  const products = new Float64Array(buffer, out, 16)
  products.fill(0)
  const pause = new Int32Array(new SharedArrayBuffer(4))
  let numOwn = 0
  crew.run({
    module,
    memory,
    name: 'productsPart',
    numParts: 2,
    args: [a, b, out, 4, 4, 2, 2],
    work: (part) => {
      numOwn++
      // This thread is slow: it lets the other one do the rest.
      for (let waits = 0; waits < 20_000 && !products.includes(2); waits++) Atomics.wait(pause, 0, 0, 1)
      exports.productsPart(part, a, b, out, 4, 4, 2, 2)
    },
  })
  crew.close()
  expect(numOwn).toBe(1)
  expect(Array.from(products)).toEqual(Array.from({ length: 16 }, () => 2))
})
