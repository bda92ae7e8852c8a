import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createRng, pickFeatures, type ReportValue } from '@etsef/plugin-api'
import { runOperation, someFeatures } from '@etsef/plugin-api/testing'
import report from '@etsef/plugin-report'
import { expect, test } from 'vitest'
import { operationOf } from '../support/operation.js'

const shuffled = (numSamples: number) => {
  const table = someFeatures({ numSamples, numClasses: 3, separation: 4 })
  return pickFeatures(table, createRng('rows').shuffle([...table.ids.keys()]))
}
const table = shuffled(150)
const rowsOf = (partition: string): number[] => [...table.ids.keys()].filter((i) => table.partitions[i] === partition)

test('S14: test features coloured by train labels are coloured by chance', () => {
  const [train, held] = [rowsOf('train'), rowsOf('test')]
  const right = held.filter((row, i) => table.labels[row] === table.labels[train[i]!]).length
  expect(right / held.length).toBeLessThan(0.7)
})

test('S14: report/figures colours each held-out row by its own label, whatever order rows come in', async () => {
  const result = await runOperation(operationOf(report, 'report/figures'), {
    options: { maxIter: 50 },
    inputs: { features: table },
  })
  const { dir } = result.outputs['report'] as ReportValue
  const [, ...lines] = readFileSync(join(dir, 't-sne.csv'), 'utf8').trim().split('\n')
  result.dispose()
  const drawn = new Map(lines.map((line) => [line.split(',')[0]!, line.split(',')[2]!]))
  const expected = new Map(rowsOf('test').map((row) => [table.ids[row]!, table.classNames[table.labels[row]!]!]))
  expect(drawn.size).toBe(30)
  expect(new Map([...drawn].sort())).toEqual(new Map([...expected].sort()))
})

test('S14: training rows cannot be asked for', async () => {
  await expect(
    runOperation(operationOf(report, 'report/figures'), {
      options: { partition: 'train' },
      inputs: { features: table },
    }),
  ).rejects.toMatchObject({ code: 'ERR_BAD_OPTION' })
})
