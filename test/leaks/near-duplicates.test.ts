import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { leakProject, type RunSummary } from '../support/leak-project.js'
import { png } from '../support/png.js'

const project = leakProject()
afterAll(() => {
  project.dispose()
})

const size = 40

/** A picture with a pattern of its own, brighter by a few grey levels where `shift` says so: other bytes, the same picture. */
function picture(seed: number, shift: number): Buffer {
  return png(size, (at) => {
    const [x, y] = [Math.floor(at / 3) % size, Math.floor(at / 3 / size)]
    return (
      Math.round(120 + 50 * Math.sin(x / (2 + seed / 5) + seed) + 50 * Math.cos(y / (9 - seed / 5) + 2 * seed)) + shift
    )
  })
}

/** A folder of two classes; the pictures of `seeds` in order, odd ones of class b. */
function folder(name: string, seeds: readonly number[], shift: number, groups?: (index: number) => string): void {
  const lines = seeds.map((seed, i) => {
    const file = `${i % 2 === 0 ? 'a' : 'b'}/${String(i)}.png`
    mkdirSync(dirname(join(project.path, name, file)), { recursive: true })
    writeFileSync(join(project.path, name, file), picture(seed, shift + (i >= seeds.length / 2 ? 3 : 0)))
    return `${file},${groups?.(i) ?? ''}`
  })
  if (groups) writeFileSync(join(project.path, name, 'groups.csv'), ['file,group', ...lines, ''].join('\n'))
}

const head = (nodes: string): string => `
name: near
seed: 1
nodes:
  scans: { use: data/folder, with: { path: doubled } }
  split: { use: data/split, in: { images: scans } }
${nodes}`

describe('near-duplicates', () => {
  beforeAll(() => {
    // Every picture twice with other bytes: nothing but the pixels shows it.
    folder('doubled', [...Array(24).keys(), ...Array(24).keys()], 0)
    folder('target', [...Array(24).keys()], 0, (i) => `p${String(i)}`)
    folder(
      'corpus',
      [...Array(24).keys()].map((i) => i + 20),
      5,
      (i) => `q${String(i)}`,
    )
    folder(
      'patients',
      [...Array(24).keys()].map((i) => i + 30),
      0,
      (i) => `p${String(i)}`,
    )
  })
  const run = (yaml: string): Promise<RunSummary> => project.run(yaml, '--on-error', 'continue')

  test('a near-duplicate across partitions, which neither bytes nor groups show, is raised with the pair', async () => {
    const summary = await run(head('  audit: { use: data/near-duplicates, in: { images: split } }'))
    expect(summary.nodes['split']?.state).not.toBe('failed')
    expect(summary.status).toBe('failed')
    expect(summary.nodes['audit']?.error).toMatchObject({
      code: 'ERR_LEAKAGE',
      node: 'audit',
      message: expect.stringMatching(
        /"split: [ab]\/\d+\.png \((train|val|test)\)" and "split: [ab]\/\d+\.png \((train|val|test)\)" are near-duplicates/,
      ) as string,
    })
  })

  test('grouped, they are on one side; the groups of the report, given back, do the same', async () => {
    const grouped = head('  audit: { use: data/near-duplicates, in: { images: split } }').replace(
      'path: doubled',
      'path: doubled, nearDuplicates: group',
    )
    const first = await run(grouped)
    expect(first.nodes['audit']?.metrics).toMatchObject({ nearDuplicateGroups: 24, 'pairs.acrossPartitions': 0 })

    const reported = await run(
      head('  audit: { use: data/near-duplicates, in: { images: split }, with: { acrossPartitions: report } }'),
    )
    expect(reported.status).toBe('ok')
    expect(reported.nodes['audit']?.metrics?.['pairs.acrossPartitions']).toBeGreaterThan(0)
    const groups = join(project.path, '.etsef/runs', reported.run, 'reports/audit/groups.csv')
    writeFileSync(join(project.path, 'doubled/groups.csv'), readFileSync(groups))
    const again = await run(
      head('  audit: { use: data/near-duplicates, in: { images: split } }').replace(
        'doubled',
        'doubled, groups: groups.csv',
      ),
    )
    expect(again.status).toBe('ok')
  })

  const two = (corpus: string, options = ''): string => `
name: two
seed: 1
nodes:
  scans: { use: data/folder, with: { path: target, groups: groups.csv } }
  split: { use: data/split, in: { images: scans } }
  corpus: { use: data/folder, with: { path: ${corpus}, groups: groups.csv } }
  corpusSplit: { use: data/split, in: { images: corpus }, with: { train: 0.8, val: 0.2, test: 0 } }
  audit: { use: data/near-duplicates, in: { images: [split, corpusSplit] }, with: { ${options} } }`

  test('a test picture in the pre-training corpus, with other bytes and under another patient, is raised', async () => {
    // Four of the 24 pictures are in both sets; a share of them are test rows.
    const summary = await run(two('corpus', 'acrossPartitions: report'))
    expect(summary.nodes['audit']?.metrics?.['pairs.acrossInputs']).toBe(4)
    const leaks = summary.nodes['audit']?.metrics?.['pairs.acrossPartitions'] ?? 0
    expect(leaks).toBeGreaterThan(0)
    expect((await run(two('corpus'))).nodes['audit']?.error).toMatchObject({
      code: 'ERR_LEAKAGE',
      message: expect.stringMatching(/"split: .* \(test\)" and "corpusSplit: .* are near-duplicates/) as string,
    })
  })

  test('pre-training refuses them before it learns, though nobody asked for an audit; a corpus of other pictures is learned from', async () => {
    const trained = (corpus: string): string =>
      two(corpus).replace(
        /  audit: .*/,
        `  start: { use: backbones/pretrained, with: { architecture: mobilenetV1, width: 0.25, cut: conv_pw_2_relu, inputSize: 32 } }
  ssl: { use: simclr/pretrain, in: { images: split, unlabelled: [corpusSplit], init: start }, with: { epochs: 1, batchSize: 8, projection: [8] } }`,
      )
    const { error, metrics = {} } = (await run(trained('corpus'))).nodes['ssl']!
    expect(error).toMatchObject({
      code: 'ERR_LEAKAGE',
      node: 'ssl',
      place: { line: 10 },
      message: expect.stringMatching(
        /^"corpusSplit" holds near-duplicates of test rows of "split": "[ab]\/\d+\.png" of "[ab]\/\d+\.png"/,
      ) as string,
      hint: expect.stringContaining('exclude of data/folder') as string,
    })
    expect(metrics).toEqual({})
    expect((await run(trained('patients'))).nodes['ssl']?.error).toBeUndefined()
  })

  test('a patient of the test rows in the pre-training corpus, with other pictures, is told or raised', async () => {
    const told = await run(two('patients'))
    expect(told.status).toBe('ok')
    expect(told.nodes['audit']?.metrics?.['sharedGroups.acrossPartitions']).toBeGreaterThan(0)
    expect((await run(two('patients', 'sharedGroups: refuse'))).nodes['audit']?.error).toMatchObject({
      code: 'ERR_LEAKAGE',
      message: expect.stringMatching(/Group "p\d+" has test rows in one data set and other rows in another/) as string,
    })
  })
})
