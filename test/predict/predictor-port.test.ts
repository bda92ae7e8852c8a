import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { leakProject, type RunSummary } from '../support/leak-project.js'

const project = leakProject(['predict/asking-plugin'])
afterAll(() => {
  project.dispose()
})

const head = `
name: ask
seed: 1
nodes:
  scans: { use: data/phantoms, with: { size: 12, perClass: 24, imagesPerPatient: 2 } }
  split: { use: data/split, in: { images: scans } }
  copies: { use: augment/expand, in: { images: split }, with: { operations: [flip], copies: 1 } }
  pixels: { use: leaky/pixels, in: { images: copies } }
`
const classifiers = `
  nb: { use: ensemble/naive-bayes, in: { features: pixels } }
  knn: { use: ensemble/knn, in: { features: pixels } }
  forest: { use: ensemble/random-forest, in: { features: pixels }, with: { trees: 10 } }
  vote: { use: ensemble/vote, in: { predictions: [nb, knn, forest] } }
`

/** Artifacts by stage: key, and digest of the predictions. */
function stages(summary: RunSummary): Readonly<Record<string, { key: string; outcome: string; filesDigest?: string }>> {
  const file = join(project.path, '.etsef/runs', summary.run, 'run.json')
  return (JSON.parse(readFileSync(file, 'utf8')) as { stages: ReturnType<typeof stages> }).stages
}

function predictions(key: string): Buffer {
  return readFileSync(join(project.path, '.etsef/store', key, 'predictions.arrow'))
}

const asked = `${head}${classifiers}  asked: { use: asking/ask, in: { images: copies, predictor: vote.predictor } }\n`

describe('a predictor at a port', () => {
  test('answers in another stage what its node answered in the run, the same bytes', async () => {
    const summary = await project.run(asked)
    expect(summary.nodes['asked']).toMatchObject({ state: 'done' })
    const { asked: own, 'vote:apply': vote } = stages(summary)
    expect(predictions(own!.key).equals(predictions(vote!.key))).toBe(true)
  })

  test('answers the same bytes from rows that are given for nodes on the way, and computes nothing before them', async () => {
    const summary = await project.run(asked.replace('asking/ask,', 'asking/ask-in-two,'))
    const { asked: own, 'vote:apply': vote } = stages(summary)
    expect(predictions(own!.key).equals(predictions(vote!.key))).toBe(true)
  })

  test('is another key where what it was fitted on is, and the same where nothing is', async () => {
    const key = async (text: string): Promise<string> => stages(await project.run(text))['asked']!.key
    const first = await key(asked)
    expect(await key(asked)).toBe(first)
    expect(await key(asked.replace('trees: 10', 'trees: 11'))).not.toBe(first)
  })

  test('has what it needs computed again where it was lost, though its node is cached', async () => {
    const before = stages(await project.run(asked))
    for (const id of ['asked', 'knn:fit'])
      rmSync(join(project.path, '.etsef/store', before[id]!.key), { recursive: true })
    const after = stages(await project.run(asked))
    expect([after['asked']!.outcome, after['knn:fit']!.outcome]).toEqual(['done', 'done'])
    expect(after['asked']!.filesDigest).toBe(before['asked']!.filesDigest)
  })

  test.each([
    [
      'a node whose way would have to be fitted anew',
      `
  centred: { use: asking/centre, in: { features: pixels } }
  nb: { use: ensemble/naive-bayes, in: { features: centred } }
  asked: { use: asking/ask, in: { images: split, predictor: nb.predictor } }`,
      /"nb" has no predictor: "centred" cannot be applied to a new picture, because it is a combine \(asking\/centre\)/,
      'centred → nb',
    ],
    [
      'what comes out of a report',
      `
  nb: { use: ensemble/naive-bayes, in: { features: pixels } }
  seen: { use: leaky/report-with-rows, in: { features: pixels } }
  asked: { use: asking/ask, in: { images: split, predictor: seen.predictor } }`,
      /"seen" cannot be applied to a new picture, because it is a report \(leaky\/report-with-rows\), which reads test labels/,
      'seen',
    ],
  ])('is refused while planning for %s', async (_, nodes, message, received) => {
    const text = `${head}${nodes}\n`
    const problems = await project.validate(text)
    const problem = problems.find(({ code }) => code === 'ERR_NOT_REPLAYABLE')
    const line = text.split('\n').findIndex((each) => each.includes('asked:'))
    expect(problem).toMatchObject({ node: 'asked', port: 'predictor', received })
    expect(problem!.message).toMatch(message)
    expect([problem!.place!.line - 1, problem!.place!.column - 1]).toEqual([
      line,
      text.split('\n')[line]!.search(/\w+\.predictor/),
    ])
  })

  test('is none of a node that gives no rows', async () => {
    const [problem] = await project.validate(
      `${head}${classifiers}  scores: { use: report/evaluate, in: { predictions: vote } }\n  asked: { use: asking/ask, in: { images: split, predictor: scores.predictor } }\n`,
    )
    expect(problem).toMatchObject({ code: 'ERR_UNKNOWN_PORT', node: 'asked' })
  })
})
