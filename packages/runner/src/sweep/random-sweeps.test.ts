import { fc, test } from '@fast-check/vitest'
import { join } from 'node:path'
import { afterAll, describe, expect } from 'vitest'
import { createProject } from '../../test-fixtures/project.js'
import { noMemo } from '../memo.js'
import { checkPipeline } from '../run/check-pipeline.js'
import { keyPipeline } from '../run/key-pipeline.js'
import { checkTrials, openSweep } from './check-sweep.js'
import { mergeTrials } from './merge-trials.js'

const project = createProject()
afterAll(() => {
  project.remove()
})

project.write(
  'p.yaml',
  `seed: 1
vars: { factor: 2, kept: 1 }
parts:
  branch:
    inputs: [features]
    parameters: { factor: 2 }
    nodes:
      scaled: { use: toy/scale, in: { features: in.features }, with: { factor: "\${with.factor}" } }
      centred: { use: toy/center, in: { features: scaled }, with: { k: "\${vars.kept}" } }
    outputs: { features: centred, given: in.features }
nodes:
  points: { use: toy/points, with: { numSamples: 40, numFeatures: 2 } }
  others: { use: toy/points, with: { numSamples: 40, numFeatures: 3 } }
  split: { use: toy/split-features, in: { features: points } }
  otherSplit: { use: toy/split-features, in: { features: points } }
  first: { part: branch, in: { features: split }, with: { factor: "\${vars.factor}" } }
  many: { each: [1, 2], use: toy/scale, in: { features: first.given }, with: { factor: "\${each}" } }
  joined: { use: toy/join, in: { features: [first, many] } }
  near: { use: toy/nearest, in: { features: joined } }
  scores: { use: toy/score, in: { predictions: near } }
`,
)

/** What can be varied: values that are right, and some that are wrong by themselves or only beside others. */
const alternatives: Readonly<Record<string, readonly unknown[]>> = {
  seed: [1, 2],
  'vars.factor': [2, 3, 'many', { a: 1 }],
  'vars.kept': [1, 2, 99],
  'points.numSamples': [40, 50, -1],
  'split.in.features': ['points', 'others', 'split', 'nowhere'],
  'otherSplit.val': [0.1, 0.2],
  'first.in.features': ['split', 'otherSplit', 'points', 'joined'],
  'first.centred.k': [1, 2, 0],
  'first.scaled.use': ['toy/scale', 'toy/center', 'toy/nothing'],
  'many.each': [[1, 2], [3], [], 'two'],
  'many.in.features': ['split', 'otherSplit', 'first'],
  'joined.in.features': [['first', 'many'], ['many'], ['first', 'first'], ['near']],
  'near.in.features': ['joined', 'split', 'scores'],
  'near.seed': [3, 4],
}

const grids = fc
  .uniqueArray(fc.constantFrom(...Object.keys(alternatives)), { minLength: 1, maxLength: 3 })
  .chain((paths) =>
    fc.record(
      Object.fromEntries(paths.map((path) => [path, fc.shuffledSubarray([...alternatives[path]!], { minLength: 1 })])),
    ),
  )

describe('trials that are checked together', () => {
  test.prop([grids], { numRuns: 60 })('have the problems, and the keys, that each has alone', async (grid) => {
    project.write('sweep.yaml', `pipeline: p.yaml\ngrid: ${JSON.stringify(grid)}\n`)
    const opened = await openSweep({ file: 'sweep.yaml', cwd: project.dir, storeDir: join(project.dir, '.etsef') })
    const checked = await checkTrials(opened)
    if (!('pipelines' in checked)) throw new Error(checked.problems.map(String).join('\n'))
    const alone = new Map<string, Awaited<ReturnType<typeof checkPipeline>>>()
    for (const { id, settings } of checked.trials) {
      const own = await checkPipeline(opened.requestOf(settings), { ...opened.shared, memo: noMemo })
      alone.set(id, own)
      expect(JSON.stringify(checked.pipelines.get(id)!.problems)).toBe(JSON.stringify(own.problems))
      expect(checked.pipelines.get(id)!.graph.specs).toEqual(own.graph.specs)
    }
    if (checked.problems.length > 0) return
    const { union, members } = await mergeTrials(checked)
    for (const { trial, stageOf } of members) {
      const { stages } = await keyPipeline(alone.get(trial.id)!)
      const keys = [...stageOf].map(([own, name]) => [own, union.stages.get(name)!.key])
      const ofThese = [...stages].flatMap(([own, { key }]) => (stageOf.has(own) ? [[own, key]] : []))
      expect(keys).toEqual(ofThese)
    }
  })
})
