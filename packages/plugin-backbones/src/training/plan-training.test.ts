import { expect, test } from 'vitest'
import { planTraining } from './training.js'

type Arguments = Parameters<typeof planTraining>[0]
const options = {
  freeze: 'none',
  inputSize: null,
  headHidden: [],
  augment: 'none',
  schedule: 'cosine',
  warmupEpochs: 0,
} as const

/** Places of the issues of a plan with two classes of pictures. */
function issuesOf(varied: Partial<Arguments['options']>): [place: string, hint: string | undefined][] {
  const issues: [string, string | undefined][] = []
  const inputs = {
    images: { kind: 'images', classNames: ['a', 'b'] },
    init: { kind: 'model', architecture: 'mobilenetV2' },
  } as unknown as Arguments['inputs']
  const issue: Arguments['issue'] = (place, _message, details) => {
    issues.push([place, details?.hint])
  }
  planTraining({ options: { ...options, ...varied }, inputs, issue })
  return issues
}

test('what is sound gets no issue', () => {
  expect(issuesOf({})).toEqual([])
  expect(issuesOf({ warmupEpochs: 2 })).toEqual([])
  expect(issuesOf({ schedule: 'oneCycle' })).toEqual([])
})

test('one cycle has a rise of its own and takes no warm-up', () => {
  expect(issuesOf({ schedule: 'oneCycle', warmupEpochs: 2 })).toEqual([
    ['warmupEpochs', 'leave out warmupEpochs, or take schedule: cosine'],
  ])
})

test('a stage that the network does not have is answered with the nearest', () => {
  expect(issuesOf({ freeze: 'stag3' })).toEqual([['freeze', 'did you mean "stage3"?']])
})
