import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createProject } from '../../test-fixtures/project.js'
import { keyPipeline } from '../run/key-pipeline.js'
import { checkSweep } from './check-sweep.js'
import { mergeTrials } from './merge-trials.js'
import { overrideText } from './trial.js'

const project = createProject()
afterAll(() => {
  project.remove()
})

project.write(
  'p.yaml',
  `seed: 1
vars: { factor: 2 }
parts:
  branch:
    inputs: [features]
    parameters: { factor: 2 }
    nodes:
      scaled: { use: toy/scale, in: { features: in.features }, with: { factor: "\${with.factor}" } }
      centred: { use: toy/center, in: { features: scaled }, with: { k: 1 } }
    outputs: { features: centred, given: in.features }
nodes:
  points: { use: toy/points, with: { numSamples: 40, numFeatures: 2 } }
  split: { use: toy/split-features, in: { features: points } }
  other: { use: toy/scale, in: { features: split }, with: { factor: 9 } }
  first: { part: branch, in: { features: split }, with: { factor: "\${vars.factor}" } }
  second: { part: branch, in: { features: first.given }, with: { factor: "\${vars.factor}" } }
  many: { each: [1, 2], use: toy/scale, in: { features: second.given }, with: { factor: "\${each}" } }
  joined: { use: toy/join, in: { features: [first, second, many] } }
`,
)

test('parts that trials share are, in each, what they are in the pipeline alone', async () => {
  project.write(
    'sweep.yaml',
    `pipeline: p.yaml
grid:
  vars.factor: [2, 3]
  first.in.features: [split, other]
  first.centred.k: [1, 2]
  second.factor: [5, 6]
`,
  )
  const checked = await checkSweep({ file: 'sweep.yaml', cwd: project.dir, storeDir: join(project.dir, '.etsef') })
  expect(checked.problems.map(String)).toEqual([])
  if (!('pipelines' in checked)) throw new Error('the sweep was not expanded')
  const { union, members } = await mergeTrials(checked)
  expect(members).toHaveLength(16)
  for (const { trial, stageOf } of members) {
    const alone = await keyPipeline(await project.check('p.yaml', { overrides: trial.settings.map(overrideText) }))
    const keys = [...alone.stages].map(([id, { key }]) => [id, key])
    expect([...stageOf].map(([id, name]) => [id, union.stages.get(name)!.key])).toEqual(keys)
  }
})

test('what is wrong with a part in one trial is said of that one', async () => {
  project.write(
    'wrong.yaml',
    `pipeline: p.yaml\ngrid: { first.in.features: [split, nowhere, other], second.factor: [5, 6] }\n`,
  )
  const { problems } = await checkSweep({ file: 'wrong.yaml', cwd: project.dir, storeDir: join(project.dir, '.etsef') })
  const lone = await project.check('p.yaml', { overrides: ['first.in.features=nowhere', 'second.factor=5'] })
  expect(problems.length).toBeGreaterThan(0)
  expect(new Set(problems.map(({ message }) => message))).toEqual(new Set(lone.problems.map(({ message }) => message)))
})
