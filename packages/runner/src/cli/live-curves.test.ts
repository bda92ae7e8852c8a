import { expect, test } from 'vitest'
import { curveLines } from './live-curves.js'
import type { Paint } from './paint.js'

const plain: Paint = (_, text) => text

test('training and validation share a scale, so that overfitting shows', () => {
  const curves = [
    { name: 'loss', values: [1, 0.5, 0.25, 0] },
    { name: 'valLoss', values: [1, 0.5, 0.75, 1] },
    { name: 'accuracy', values: [0.5, 0.75, 0.9, 1] },
  ]
  expect(curveLines(curves, { columns: 60, paint: plain })).toEqual([
    '  loss             0  █▅▃▁',
    '  valLoss          1  █▅▇█',
    '  accuracy         1  ▁▅▇█',
  ])
})

test('of phases the last one is shown, and nothing of a figure with one value', () => {
  const curves = [
    { name: 'head.loss', values: [3, 2] },
    { name: 'body.loss', values: [2, 1] },
    { name: 'body.valLoss', values: [2] },
  ]
  expect(curveLines(curves, { columns: 60, paint: plain })).toEqual(['  body.loss         1  █▁'])
})

test('many steps are drawn as means, what is no number as ?, and no line is wider than it may be', () => {
  const values = Array.from({ length: 1000 }, (_, step) => step)
  const [line] = curveLines([{ name: 'loss', values }], { columns: 40, paint: plain })
  expect(line).toHaveLength(40)
  expect(line).toMatch(/▁+▂+▃+▄+▅+▆+▇+█+$/)
  expect(curveLines([{ name: 'loss', values: [1, NaN, 0] }], { columns: 40, paint: plain })[0]).toMatch(/\?/)
  expect(curveLines([{ name: 'loss', values }], { columns: 12, paint: plain })).toEqual([])
})

test('validation has another colour', () => {
  const curves = ['loss', 'valLoss'].map((name) => ({ name, values: [1, 0] }))
  const lines = curveLines(curves, { columns: 40, paint: (meaning, text) => `<${meaning}>${text}` })
  expect(lines.map((line) => /<(\w+)>/.exec(line)![1])).toEqual(['training', 'validation'])
})
