import { pickPredictions, type PredictionBatch } from '@etsef/plugin-api'
import { runOperation, somePredictions } from '@etsef/plugin-api/testing'
import { expect, test } from 'vitest'
import plugin from '../../plugin.js'
import { validationRanks } from './validation-ranks.js'

const vote = plugin.operations.find(({ type }) => type === 'ensemble/vote')!

function member(name: string, accuracy: number, seed: number): { name: string; value: PredictionBatch } {
  return { name, value: somePredictions({ numSamples: 60, numClasses: 2, accuracy, seed }) }
}

async function run(members: ReturnType<typeof member>[], options = {}): Promise<PredictionBatch> {
  const result = await runOperation(vote, { options, inputs: { predictions: members } })
  result.dispose()
  return result.outputs['predictions'] as PredictionBatch
}

test('votes over the given predictions and joins them by id', async () => {
  const [a, b, c] = [member('a', 0.9, 1), member('b', 0.9, 2), member('c', 0.9, 3)]
  const expected = await run([a, b, c])
  const order = Array.from({ length: 60 }, (_, i) => (i * 7) % 60)
  const shuffled = { name: 'b', value: pickPredictions(b.value, order) }
  expect((await run([a, shuffled, c])).predicted).toEqual(expected.predicted)
  expected.predicted.forEach((choice, i) => {
    const votes = [a, b, c].filter(({ value }) => value.predicted[i] === choice)
    expect(votes.length).toBeGreaterThanOrEqual(2)
  })
})

test('ranks members by their validation rows', () => {
  const [good, bad] = [member('good', 0.95, 1).value, member('bad', 0.2, 2).value]
  expect(validationRanks([bad, good])).toEqual([2, 1])
  const none = { ...good, partitions: good.partitions.map(() => 'train' as const) }
  expect(validationRanks([none, none])).toBeUndefined()
})

test('two members in even disagreement follow the one that is better on validation', async () => {
  const [good, bad] = [member('good', 0.95, 1), member('bad', 0.2, 2)]
  expect((await run([bad, good])).predicted).toEqual(good.value.predicted)
})

test('an even tie without validation rows is refused', async () => {
  const strip = ({ name, value }: ReturnType<typeof member>) => ({
    name,
    value: { ...value, partitions: value.partitions.map(() => 'train' as const) },
  })
  const members = [strip(member('a', 0.9, 1)), strip(member('b', 0.3, 2))]
  await expect(run(members)).rejects.toMatchObject({ code: 'ERR_BAD_DATA' })
  await expect(run(members, { unresolved: 'lowest' })).resolves.toBeDefined()
})

test('a soft vote refuses margins', async () => {
  const margins = member('m', 0.9, 1)
  const members = [{ ...margins, value: { ...margins.value, scoreKind: 'margin' as const } }, member('b', 0.9, 2)]
  await expect(run(members, { voting: 'soft' })).rejects.toMatchObject({ code: 'ERR_BAD_DATA' })
})
