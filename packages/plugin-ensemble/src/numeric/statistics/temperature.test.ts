import { expect, test } from 'vitest'
import { argmaxRows, fromRows } from '../linear-algebra/matrix.js'
import { applyTemperature, fitTemperature } from './temperature.js'

const logits = fromRows([
  [2, 0, 0],
  [0, 3, 0],
  [1, 0, 2],
  [4, 0, 1],
  [0, 2, 1],
  [3, 1, 0],
])
const labels = Int32Array.of(0, 1, 0, 0, 2, 0)

function loss(temperature: number): number {
  const p = applyTemperature({ kind: 'temperature', temperature }, logits)
  return -labels.reduce((sum, label, i) => sum + Math.log(p.data[3 * i + label]!), 0) / 6
}

// Reference values: scipy 1.17.1 minimize_scalar.
test('finds the temperature of least loss', () => {
  const model = fitTemperature(logits, labels)
  expect(model.temperature).toBeCloseTo(0.9696679763, 8)
  expect(loss(1)).toBeCloseTo(0.5642349291, 9)
  expect(loss(model.temperature)).toBeCloseTo(0.5639505411, 9)
})

test('never changes the predicted class', () => {
  expect(argmaxRows(applyTemperature({ kind: 'temperature', temperature: 7 }, logits))).toEqual(argmaxRows(logits))
})
