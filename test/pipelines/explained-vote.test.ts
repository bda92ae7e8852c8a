import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { leakProject } from '../support/leak-project.js'

const project = leakProject([])
afterAll(() => {
  project.dispose()
  rmSync(project.path, { recursive: true, force: true })
})

const pipeline = (voting: 'hard' | 'soft'): string => `
name: explained
seed: 1
nodes:
  scans: { use: data/phantoms, with: { size: 16, perClass: 24, imagesPerPatient: 2, classes: [normal, nodule] } }
  split: { use: data/split, in: { images: scans } }
  left: { use: leaky/pixels, in: { images: split } }
  fused: { use: ensemble/fuse, in: { features: [left] } }
  nb: { use: ensemble/naive-bayes, in: { features: fused } }
  knn: { use: ensemble/knn, in: { features: fused } }
  forest: { use: ensemble/random-forest, in: { features: fused }, with: { trees: 10 } }
  vote: { use: ensemble/vote, in: { predictions: [nb, knn, forest] }, with: { voting: ${voting} } }
  map: { use: xai/vote-shap, in: { images: split, predictor: vote.predictor }, with: { superpixels: 6, size: 16, background: 2, budget: 60, maxImages: 3 } }
  members: { use: xai/members, in: { images: split, predictor: vote.predictor }, with: { background: 2 } }
`

describe('a vote explained', () => {
  test.each(['hard', 'soft'] as const)('has maps, and shares of members that sum to its margin: %s', async (voting) => {
    const summary = await project.run(pipeline(voting))
    expect([summary.nodes['map']?.state, summary.nodes['members']?.state]).toEqual(['done', 'done'])
    const file = join(project.path, '.etsef/runs', summary.run, 'reports/members/members.json')
    const { cases } = JSON.parse(readFileSync(file, 'utf8')) as {
      cases: { value: number; classifiers: Game; baseModels: Game }[]
    }
    for (const { value, classifiers, baseModels } of cases) {
      expect(Object.keys(classifiers.shares)).toEqual(['nb', 'knn', 'forest'])
      expect(Object.keys(baseModels.shares)).toEqual(['left'])
      for (const { base, shares } of [classifiers, baseModels])
        expect(Object.values(shares).reduce((sum, share) => sum + share, base)).toBeCloseTo(value, 9)
    }
  })
})

interface Game {
  readonly base: number
  readonly shares: Readonly<Record<string, number>>
}
