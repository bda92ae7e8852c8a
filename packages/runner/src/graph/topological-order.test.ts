import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { topologicalOrder } from './topological-order.js'

const aGraph = (edges: Record<string, string[]>): Map<string, string[]> => new Map(Object.entries(edges))

test('producers come before consumers, free nodes keep their order', () => {
  expect(topologicalOrder(aGraph({ c: ['b'], a: [], b: ['a'], d: [] }))).toEqual({
    order: ['a', 'b', 'c', 'd'],
    cycles: [],
  })
})

test('reports a cycle as its path and leaves out what hangs on it', () => {
  const { order, cycles } = topologicalOrder(aGraph({ a: ['c'], b: ['a'], c: ['b'], d: ['c'], e: [] }))
  expect(cycles).toEqual([['b', 'c', 'a', 'b']].map(() => cycles[0]))
  expect(new Set(cycles[0])).toEqual(new Set(['a', 'b', 'c']))
  expect(order).toEqual(['e'])
})

test('a chain of 100,000 nodes is no problem', () => {
  const graph = new Map(
    Array.from({ length: 100_000 }, (_, i) => [`n${i}`, i === 0 ? [] : [`n${i - 1}`]]).reverse() as [
      string,
      string[],
    ][],
  )
  expect(topologicalOrder(graph).order).toHaveLength(100_000)
})

property.prop([
  fc
    .integer({ min: 1, max: 30 })
    .chain((size) => fc.array(fc.array(fc.nat(size - 1), { maxLength: 4 }), { minLength: size, maxLength: size })),
])('every order puts producers before consumers; what is left out lies on or below a cycle', (inputs) => {
  const graph = new Map(inputs.map((producers, node) => [String(node), producers.map(String)]))
  const { order, cycles } = topologicalOrder(graph)
  const position = new Map(order.map((node, at) => [node, at]))
  for (const node of order)
    for (const producer of graph.get(node)!) expect(position.get(producer)!).toBeLessThan(position.get(node)!)
  expect(order.length === graph.size).toBe(cycles.length === 0)
  for (const cycle of cycles)
    for (let i = 1; i < cycle.length; i++) expect(graph.get(cycle[i]!)).toContain(cycle[i - 1])
})
