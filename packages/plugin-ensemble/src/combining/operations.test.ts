import {
  createRng,
  pickPredictions,
  PipelineError,
  type Named,
  type PredictionBatch,
  type ReportValue,
} from '@etsef/plugin-api'
import { runOperation, someFeatures, somePredictions, someRows } from '@etsef/plugin-api/testing'
import { describe, expect, test } from 'vitest'
import { memberOperations } from './combiners.js'

const shape = { numSamples: 60, numClasses: 3 }
const members: readonly Named<PredictionBatch>[] = [
  { name: 'svm', value: somePredictions({ ...shape, seed: 1, accuracy: 0.9 }) },
  { name: 'forest', value: somePredictions({ ...shape, seed: 2, accuracy: 0.6 }) },
  { name: 'bayes', value: somePredictions({ ...shape, seed: 3, accuracy: 0.6 }) },
]
const features = someFeatures(shape)
const learned = ['weighted-vote', 'greedy-selection', 'stack', 'dynamic-selection', 'single-best'] as const

function operation(name: string): (typeof memberOperations)[number] {
  return memberOperations.find(({ type }) => type === `ensemble/${name}`)!
}

async function combine(
  name: string,
  predictions: readonly Named<PredictionBatch>[],
  options: Record<string, unknown> = {},
  seed = '1',
): ReturnType<typeof runOperation> {
  const { value } = predictions[0]!
  const places = new Map(value.ids.map((id, i) => [id, i]))
  const labels = features.labels.map((label, i) => value.labels[places.get(features.ids[i]!) ?? -1] ?? label)
  const partitions = features.partitions.map((own, i) => value.partitions[places.get(features.ids[i]!) ?? -1] ?? own)
  const table = { ...features, labels, partitions }
  const inputs = name === 'dynamic-selection' ? { predictions, features: table } : { predictions }
  const result = await runOperation(operation(name), { options, inputs, seed })
  result.dispose()
  return result
}

function output(result: Awaited<ReturnType<typeof combine>>): PredictionBatch {
  return result.outputs['predictions'] as PredictionBatch
}

/** The same predictions with other labels in some partitions. */
function relabelled(partitions: readonly string[]): Named<PredictionBatch>[] {
  return members.map(({ name, value }) => ({
    name,
    value: {
      ...value,
      labels: value.labels.map((label, i) => (partitions.includes(value.partitions[i]!) ? (label + 1) % 3 : label)),
    },
  }))
}

describe.each(learned)('ensemble/%s', (name) => {
  test('learns from val labels and from no other', async () => {
    const before = await combine(name, members)
    const elsewhere = await combine(name, relabelled(['train', 'test']))
    expect(output(elsewhere).scores).toEqual(output(before).scores)
    expect(elsewhere.metrics).toEqual(before.metrics)
    const onVal = await combine(name, relabelled(['val']))
    expect([onVal.metrics, output(onVal).scores]).not.toEqual([before.metrics, output(before).scores])
  })
  test('joins members by id, whatever the order of their rows', async () => {
    const shuffled = members.map(({ name: member, value }, m) => {
      const order = createRng(m, 'order').shuffle(value.ids.map((_, i) => i))
      return { name: member, value: m === 0 ? value : pickPredictions(value, order) }
    })
    expect(output(await combine(name, shuffled))).toEqual(output(await combine(name, members)))
  })
  test('names the row that a member lacks', async () => {
    const short = { name: 'short', value: pickPredictions(members[1]!.value, [...Array(59).keys()]) }
    await expect(combine(name, [members[0]!, short])).rejects.toMatchObject({
      code: 'ERR_MISSING_ID',
      message: expect.stringContaining('row-0059') as string,
    })
  })
  test('refuses members of another class list, or of another split', async () => {
    const other = somePredictions({ ...shape, seed: 1 })
    const renamed = { ...other, classNames: ['a', 'b', 'c'] }
    await expect(combine(name, [members[0]!, { name: 'other', value: renamed }])).rejects.toMatchObject({
      code: 'ERR_CLASS_LIST',
    })
    const moved = { ...other, partitions: other.partitions.map((_, i) => other.partitions[(i + 20) % 60]!) }
    await expect(combine(name, [members[0]!, { name: 'other', value: moved }])).rejects.toMatchObject({
      code: 'ERR_LEAKAGE',
    })
  })
  test('refuses to learn without val rows', async () => {
    const noVal = members.map(({ name: member, value }) => ({
      name: member,
      value: { ...value, partitions: value.partitions.map((partition) => (partition === 'val' ? 'train' : partition)) },
    }))
    await expect(combine(name, noVal)).rejects.toMatchObject({ code: 'ERR_TOO_FEW_ROWS' })
  })
  test('says at plan time that the split has no val rows', () => {
    const issues: string[] = []
    const spec = { kind: 'predictions', classNames: ['a', 'b'], partitions: ['train', 'test'] } as const
    const options = { weights: null, fitOn: 'val' }
    const inputs = { predictions: [{ name: 'svm', value: spec }], features: { kind: 'features' } } as never
    operation(name).plan?.({ options, inputs, issue: (at) => issues.push(at) })
    expect(issues).toEqual(['in:predictions'])
  })
})

test('chance in, chance out: no combination of members that know nothing beats chance on test', async () => {
  const numSamples = 2000
  const rows = someRows({ numSamples, numClasses: 4 })
  const blind = [1, 2, 3, 4, 5].map((seed) => {
    const rng = createRng(seed, 'blind')
    const predicted = Int32Array.from({ length: numSamples }, () => rng.integer(4))
    const scores = Float64Array.from({ length: numSamples * 4 }, (_, at) => (predicted[at >> 2] === at % 4 ? 0.7 : 0.1))
    return {
      name: `m${String(seed)}`,
      value: { kind: 'predictions', ...rows, scores, scoreKind: 'probability', predicted } as const,
    }
  })
  for (const name of ['weighted-vote', 'greedy-selection', 'stack', 'single-best']) {
    const { predicted } = output(await combine(name, blind))
    const test_ = rows.partitions.flatMap((partition, i) => (partition === 'test' ? [i] : []))
    const right = test_.filter((i) => predicted[i] === rows.labels[i]).length
    // 95 % band of 400 rows at 1/4, widened to four combinations.
    expect(Math.abs(right / test_.length - 0.25), name).toBeLessThan(0.06)
  }
})

describe('ensemble/weighted-vote', () => {
  test('takes given weights by name, and reads no label for them', async () => {
    const result = await combine('weighted-vote', relabelled(['train', 'val', 'test']), { weights: { svm: 1 } })
    expect(output(result).predicted).toEqual(members[0]!.value.predicted)
  })
  test('names a weight without a member when planned', () => {
    const issues: string[] = []
    const inputs = { predictions: [{ name: 'svm', value: { kind: 'predictions' } }] } as never
    operation('weighted-vote').plan?.({
      options: { weights: { svn: 1 } },
      inputs,
      issue: (at, message) => issues.push(`${at}: ${message}`),
    })
    expect(issues).toEqual(['weights: There is no member "svn"', 'weights: No member has a weight above 0'])
  })
  test('gives the best member the most weight', async () => {
    for (const rule of ['mixture', 'balancedAccuracy', 'logOdds']) {
      const { metrics } = await combine('weighted-vote', members, { rule })
      const weight = (name: string): number => metrics.find((metric) => metric.name === `weight.${name}`)!.value
      expect(weight('svm')).toBeGreaterThan(weight('forest'))
      expect(weight('svm')).toBeGreaterThan(weight('bayes'))
    }
  })
})

test('ensemble/single-best gives the member with the least loss on val, unchanged', async () => {
  for (const loss of ['logLoss', 'balancedError', 'error']) {
    const result = await combine('single-best', members.toReversed(), { loss })
    expect(output(result).predicted).toEqual(members[0]!.value.predicted)
    expect(output(result).scores).toEqual(members[0]!.value.scores)
  }
})

test('margins are refused where probabilities are averaged, and voted with where decisions count', async () => {
  const margin = { name: 'svm', value: { ...members[0]!.value, scoreKind: 'margin' as const } }
  await expect(combine('greedy-selection', [margin, members[1]!])).rejects.toThrow(PipelineError)
  const options = { voting: 'hard', rule: 'logOdds' }
  const vote = output(await combine('weighted-vote', [margin, members[1]!], options))
  expect(vote.scoreKind).toBe('voteShare')
})

test('ensemble/stack warns of train scores that the members had seen', async () => {
  const seen = members.map(({ name, value }) => {
    const predicted = value.predicted.map((k, i) => (value.partitions[i] === 'train' ? value.labels[i]! : k))
    return { name, value: { ...value, predicted } }
  })
  const warnings = async (predictions: typeof members): Promise<number> =>
    (await combine('stack', predictions, { fitOn: 'outOfFold' })).logs.filter(({ level }) => level === 'warn').length
  expect(await warnings(seen)).toBeGreaterThan(0)
  expect(await warnings(members)).toBe(0)
})

test('ensemble/dynamic-selection gives a row the member that is right around it', async () => {
  // Two far clusters; member a is right in the first, b in the second.
  const rows = someRows({ numSamples: 40, numClasses: 2, partition: (i) => (i % 4 < 2 ? 'val' : 'test') })
  const inFirst = (i: number): boolean => i < 20
  const value = (isRight: (i: number) => boolean): PredictionBatch => {
    const predicted = rows.labels.map((label, i) => (isRight(i) ? label : 1 - label))
    const scores = Float64Array.from({ length: 80 }, (_, at) => (predicted[at >> 1] === at % 2 ? 0.9 : 0.1))
    return { kind: 'predictions', ...rows, scores, scoreKind: 'probability', predicted }
  }
  const predictions = [
    { name: 'a', value: value(inFirst) },
    { name: 'b', value: value((i) => !inFirst(i)) },
  ]
  const table = {
    kind: 'features' as const,
    ...rows,
    featureNames: ['x'],
    features: Float32Array.from({ length: 40 }, (_, i) => (inFirst(i) ? 0 : 100) + i / 100),
  }
  for (const rule of ['eliminate', 'union']) {
    const result = await runOperation(operation('dynamic-selection'), {
      options: { rule },
      inputs: { predictions, features: table },
    })
    expect([...output(result).predicted]).toEqual([...rows.labels])
    result.dispose()
  }
})

describe('reports', () => {
  test('ensemble/oracle reads the partition it is told', async () => {
    for (const partition of ['val', 'test']) {
      const result = await runOperation(operation('oracle'), {
        options: { partition },
        inputs: { predictions: members },
      })
      const report = result.outputs['report'] as ReportValue
      expect(report.metrics['numSamples']).toBe(12)
      expect(report.metrics['accuracy']).toBeGreaterThanOrEqual(report.metrics['bestMemberAccuracy']!)
      expect(report.table?.rows.map(([first]) => first)).toEqual(['svm', 'forest', 'bayes', 'oracle'])
      result.dispose()
    }
  })
  test('ensemble/diversity is no report: it sees val labels only', async () => {
    const { kind } = operation('diversity')
    expect(kind).toBe('combine')
    const figures = async (predictions: typeof members): Promise<unknown> =>
      ((await combine('diversity', predictions)).outputs['report'] as ReportValue).metrics
    const before = await figures(members)
    expect(await figures(relabelled(['train', 'test']))).toEqual(before)
    expect(await figures(relabelled(['val']))).not.toEqual(before)
  })
  test('ensemble/diversity says one effective member for copies', async () => {
    const predictions = ['a', 'b', 'c'].map((name) => ({ name, value: members[1]!.value }))
    const result = await runOperation(operation('diversity'), { inputs: { predictions } })
    const report = result.outputs['report'] as ReportValue
    expect(report.metrics['effectiveMembers']).toBeCloseTo(1, 9)
    expect(report.metrics['disagreement']).toBe(0)
    result.dispose()
  })
})

describe('abstention', () => {
  const { value } = members[0]!
  const varied: PredictionBatch = {
    ...value,
    scores: Float64Array.from(
      value.scores,
      (score, at) => score + ((Math.floor(at / 3) % 10) / 25) * (score > 0.5 ? 1 : -0.5),
    ),
  }
  test('ensemble/abstain keeps scores and sets −1 below the margin', async () => {
    const result = await runOperation(operation('abstain'), {
      options: { margin: 0.66 },
      inputs: { predictions: varied },
    })
    const { predicted, scores } = output(result)
    expect(scores).toEqual(varied.scores)
    predicted.forEach((k, i) => expect(k === -1).toBe(i % 10 < 5))
    result.dispose()
  })
  test('ensemble/abstain-for-accuracy chooses on val, and says what it cannot reach', async () => {
    const run = (accuracy: number, batch: PredictionBatch) =>
      runOperation(operation('abstain-for-accuracy'), { options: { accuracy }, inputs: { predictions: batch } })
    const result = await run(0.9, varied)
    expect(result.metrics.find(({ name }) => name === 'val.accuracy')!.value).toBeGreaterThanOrEqual(0.9)
    result.dispose()
    const wrong = { ...varied, predicted: varied.labels.map((label) => (label + 1) % 3) }
    await expect(run(0.9, wrong)).rejects.toMatchObject({ code: 'ERR_BAD_DATA' })
  })
})
