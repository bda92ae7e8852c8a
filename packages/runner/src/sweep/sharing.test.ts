import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createProject } from '../../test-fixtures/project.js'
import type { RunRecord } from '../run/run-record.js'

const project = createProject()
afterAll(() => {
  project.remove()
})

project.write(
  'p.yaml',
  `seed: 1
nodes:
  points: { use: toy/points, with: { numSamples: 40, numFeatures: 2 } }
  split: { use: toy/split-features, in: { features: points } }
  extracted: { each: [1, 2, 3, 4, 5], use: toy/scale, in: { features: split }, with: { factor: "\${each}" } }
  fused: { use: toy/join, in: { features: extracted } }
  selected: { use: toy/center, in: { features: fused }, with: { k: 1 } }
  classifiers: { each: [a, b, c, d, e], use: toy/trouble, in: { features: selected }, with: { flag: "\${each}" } }
  vote: { use: toy/join, in: { features: classifiers } }
`,
)
const classifiers = ['a', 'b', 'c', 'd', 'e'].map((each) => `classifiers.${each}`)

/** Runs the sweep; how often stages of each list were computed. */
async function computed(name: string, text: string): Promise<Readonly<Record<string, number>>> {
  project.write(`${name}.yaml`, `pipeline: p.yaml\ngrid: { selected.k: [1, 2, 3, 4] }\n${text}`)
  const before = new Set(runs())
  const { code, stderr, stdout } = await project.etsef('sweep', 'run', `${name}.yaml`)
  expect(code, stderr + stdout).toBe(0)
  const [run] = runs().filter((each) => !before.has(each))
  // What a run writes is its record.
  const record = JSON.parse(project.read(`.etsef/runs/${run!}/run.json`)) as RunRecord
  const done = Object.values(record.stages).filter(({ outcome }) => outcome === 'done')
  const count = (list: string): number => done.filter(({ node }) => node.startsWith(`${list}.`)).length
  return { extracted: count('extracted'), classifiers: count('classifiers') }
}
const runs = (): readonly string[] => {
  try {
    return readdirSync(join(project.dir, '.etsef/runs'))
  } catch {
    return []
  }
}

test('selectors, ablations and other seeds of the classifiers share what is extracted', async () => {
  expect(await computed('grid', '')).toEqual({ extracted: 5, classifiers: 4 * 5 })
  const left =
    'ablate: { nodes: [extracted.1, extracted.2, extracted.3, extracted.4, extracted.5], from: fused.features }\n'
  expect(await computed('leave', left)).toEqual({ extracted: 0, classifiers: 5 * 4 * 5 })
  const seeds = `repeat: { seeds: { nodes: [${classifiers.join(', ')}], values: [1, 2, 3, 4, 5] } }\n`
  // Seed 1 is that of the run.
  expect(await computed('seeds', seeds)).toEqual({ extracted: 0, classifiers: 4 * 4 * 5 })
})
