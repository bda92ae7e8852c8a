import type { BundleIndex } from '@etsef/runner'
import { hash } from 'node:crypto'
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { etsef, lastJson, temporaryFolder, type CommandResult } from '../support/etsef.js'
import { leakProject } from '../support/leak-project.js'
import { writePhantoms } from '../support/phantom-folder.js'

const project = leakProject()
const { path: away, dispose } = temporaryFolder()
afterAll(() => {
  project.dispose()
  dispose()
})

const data = join(project.path, 'secret-hospital')
const pipeline = `
name: bundled
description: Rings and nodules
seed: 1
nodes:
  scans: { use: data/folder, with: { path: ${data}, groups: groups.csv } }
  split: { use: data/split, in: { images: scans }, with: { train: 0.5, val: 0.25, test: 0.25 } }
  copies: { use: augment/expand, in: { images: split }, with: { operations: [flip], copies: 1 } }
  pixels: { use: leaky/pixels, in: { images: copies } }
  nb: { use: ensemble/naive-bayes, in: { features: pixels } }
  knn: { use: ensemble/knn, in: { features: pixels } }
  forest: { use: ensemble/random-forest, in: { features: pixels }, with: { trees: 10 } }
  boosted: { use: ensemble/xgboost, in: { features: pixels }, with: { rounds: 3 } }
  crossed: { use: ensemble/cross-fit, in: { features: pixels }, with: { classifier: naive-bayes } }
  vote: { use: ensemble/vote, in: { predictions: [nb, knn, forest, crossed] } }
  chosen: { use: ensemble/dynamic-selection, in: { predictions: [nb, knn, forest, crossed], features: pixels } }
  temperature: { use: ensemble/calibrate, in: { predictions: chosen } }
  scores: { use: report/evaluate, in: { predictions: [vote, temperature] }, with: { resamples: 100 } }
`
const bundle = join(away, 'made')
const pictures = join(away, 'pictures')
let ids: readonly string[]
let patients: readonly string[]
let run: string

const call = (args: readonly string[]): Promise<CommandResult> => etsef(args, { cwd: project.path })
const answers = async (of: string, ...more: readonly string[]): Promise<unknown> => {
  const { predictions } = lastJson(await call(['predict', of, pictures, '--json', ...more]))
  return predictions
}

beforeAll(async () => {
  ids = writePhantoms(data, { perClass: 24, size: 12 })
  patients = ids.map((_, at) => `Erika Mustermann ${String(at >> 1)}`)
  writeFileSync(join(data, 'groups.csv'), `file,group\n${ids.map((id, at) => `${id},${patients[at]!}\n`).join('')}`)
  writePhantoms(pictures, { perClass: 3, size: 12, dataSeed: 5 })
  // Pictures that were learned from, under their own names and another.
  for (const id of [ids[0]!, ids[30]!]) cpSync(join(data, id), join(pictures, id))
  cpSync(join(data, ids[1]!), join(pictures, 'other-name.png'))
  writeFileSync(join(pictures, 'broken.png'), 'no picture')
  ;({ run } = await project.run(pipeline))
}, 120_000)

test('answers bit for bit as its run, elsewhere, without store or data', async () => {
  const nodes = ['temperature', 'vote', 'boosted']
  const expected: unknown[] = []
  for (const node of nodes) {
    const made = await call(['bundle', run, '--node', node, '-o', join(away, `first-${node}`), '--json'])
    expect([made.code, made.stderr]).toEqual([0, ''])
    expected.push(await answers(run, '--node', node))
  }
  const hidden = [join(project.path, '.etsef'), data]
  for (const path of hidden) renameSync(path, `${path}.away`)
  try {
    for (const [at, node] of nodes.entries()) {
      const elsewhere = join(away, `elsewhere ${node}`)
      renameSync(join(away, `first-${node}`), elsewhere)
      expect(await answers(elsewhere)).toEqual(expected[at])
      expect(await answers(elsewhere, '--batch', '1')).toEqual(expected[at])
    }
  } finally {
    for (const path of hidden) renameSync(`${path}.away`, path)
  }
}, 120_000)

describe('a bundle', () => {
  let index: BundleIndex
  let notes: string
  beforeAll(async () => {
    await call(['bundle', run, '--node', 'temperature', '-o', bundle])
    index = JSON.parse(readFileSync(join(bundle, 'bundle.json'), 'utf8')) as BundleIndex
    notes = (await call(['predict', bundle, pictures])).stderr
  })

  test('holds what the way to its node needs, and nothing else', () => {
    expect(readdirSync(bundle).sort()).toEqual([
      'README.md',
      'bundle.json',
      'config.json',
      'conformal.json',
      'fitted',
      'graph.json',
      'learned-from.txt',
      'open',
      'profile.json',
    ])
    const fitted = readdirSync(join(bundle, 'fitted')).map((name) => name.slice(3))
    expect(fitted.sort()).toEqual(['chosen', 'crossed', 'forest', 'knn', 'nb', 'temperature'])
    expect(Object.keys(index.files)).toHaveLength(everyFile().length - 1)
  })

  test('names no row, patient or path of the data', () => {
    const told = [
      data,
      'secret-hospital',
      project.path,
      ...ids,
      ...ids.map((id) => id.split('/')[1]!),
      ...patients,
      'Mustermann',
    ]
    const text = everyFile()
      .map((path) => readFileSync(path, 'latin1'))
      .join('\n')
    expect(told.filter((each) => text.includes(each))).toEqual([])
  })

  test('has a card with the scores of its node', () => {
    const card = readFileSync(join(bundle, 'README.md'), 'utf8')
    const row = card.split('\n').find((line) => line.startsWith('| temperature |'))
    expect(row).toMatch(/\d\.\d+ \[\d\.\d+/)
    expect(card).toContain('Rings and nodules')
    for (const heading of ['Intended use', 'Data', 'Scores', 'What was not tested'])
      expect(card).toContain(`\n## ${heading}\n`)
  })

  test('tells of pictures that were learned from, and of those that are unlike them', () => {
    expect(notes).toMatch(/pictures are among those that the run has learned from/)
    expect(notes).not.toMatch(/not compared/)
  })

  test('is not written over another', async () => {
    const { code, stdout } = await call(['bundle', run, '--node', 'vote', '-o', bundle])
    expect([code, stdout.split('\n')[0]]).toEqual([2, 'ERR_BUNDLE'])
    expect(stdout).toMatch(/is not empty/)
  })

  test('answers for its node alone', async () => {
    const { code, stdout } = await call(['predict', bundle, pictures, '--node', 'vote'])
    expect(code).toBe(2)
    expect(stdout).toMatch(/ERR_UNKNOWN_NODE\s+The bundle answers for "temperature.predictions" alone/)
  })

  test.each([
    ['answers below a file', ['predict', bundle, pictures, '--out', join(pictures, 'broken.png/answers.csv')]],
    ['answers that are a folder', ['predict', bundle, pictures, '--out', pictures]],
    ['maps below a file', ['predict', bundle, pictures, '--maps', join(pictures, 'broken.png/maps')]],
    ['labels that are not there', ['predict', bundle, pictures, '--labels', join(away, 'nowhere.csv')]],
    ['a bundle below a file', ['bundle', 'last', '-o', join(pictures, 'broken.png/made')]],
    ['a token that is not there', ['serve', bundle, '--token-file', join(away, 'nowhere')]],
    ['a port that there is not', ['serve', bundle, '--port', '70000']],
  ])('is not asked for the sake of %s: the flag is named before anything is computed', async (_, words) => {
    const { code, stdout, stderr } = await call(words)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^etsef: --(out|maps|labels|token-file|port) /)
  })

  test('is told from a folder that is none', async () => {
    const { code, stdout } = await call(['predict', pictures, pictures])
    expect([code, stdout]).toEqual([2, expect.stringMatching(/^ERR_BUNDLE\s+".*" is neither a run nor a bundle/)])
  })

  describe('is refused', () => {
    const copy = join(away, 'copy')
    beforeEach(() => {
      rmSync(copy, { recursive: true, force: true })
      cpSync(bundle, copy, { recursive: true })
    })
    const refusal = async (): Promise<string> => {
      const { code, stdout } = await call(['predict', copy, pictures])
      expect(code).toBe(2)
      expect(stdout).toMatch(/^ERR_BUNDLE/)
      return stdout
    }

    test('where one byte of any kind of file is another, by its name', async () => {
      for (const path of ['README.md', 'graph.json', 'profile.json', 'learned-from.txt', largest()]) {
        const bytes = readFileSync(join(copy, path))
        bytes[bytes.length >> 1]! ^= 1
        writeFileSync(join(copy, path), bytes)
        expect(await refusal()).toContain(`File "${path}" of the bundle: it is not as it was written`)
        cpSync(join(bundle, path), join(copy, path))
      }
    })
    test.each([
      ['a digest', (text: string) => text.replace(/"sha256": "./, '"sha256": "x')],
      ['a version', (text: string) => text.replace('"format": 1', '"format": 2')],
      ['white space', (text: string) => `${text} `],
      ['the end', (text: string) => text.slice(0, -20)],
    ])('where its index has %s changed', async (_, change) => {
      writeFileSync(join(copy, 'bundle.json'), change(readFileSync(join(copy, 'bundle.json'), 'utf8')))
      expect(await refusal()).toContain('File "bundle.json" of the bundle')
    })
    test('where a file is missing', async () => {
      rmSync(join(copy, largest()))
      expect(await refusal()).toContain(`File "${largest()}" of the bundle: it is missing`)
    })
    test('where a file is added', async () => {
      appendFileSync(join(copy, 'fitted/more.json'), '{}')
      expect(await refusal()).toContain('File "fitted/more.json" of the bundle: it is not of the bundle')
    })
    test('where a file is a link out of it', async () => {
      rmSync(join(copy, largest()))
      symlinkSync(join(bundle, largest()), join(copy, largest()))
      expect(await refusal()).toContain(`File "${largest()}"`)
    })
    test.each([
      ['another Node', { node: '18.0.0' }, /made with another Node\s+expected\s+Node 18/],
      [
        'another version of a plugin',
        { plugins: { '@etsef/plugin-ensemble': { version: '0.9.0', digest: '' } } },
        /needs @etsef\/plugin-ensemble@0\.9\.0 for its node "nb"/,
      ],
    ])('by %s', async (_, versions, expected) => {
      const rest = JSON.parse(readFileSync(join(copy, 'bundle.json'), 'utf8')) as BundleIndex & { digest?: string }
      delete rest.digest
      const plugins = { ...rest.versions.plugins, ...('plugins' in versions ? versions.plugins : {}) }
      const changed = { ...rest, versions: { ...rest.versions, ...versions, plugins } }
      const sealed = { ...changed, digest: hash('sha256', JSON.stringify(changed), 'hex') }
      writeFileSync(join(copy, 'bundle.json'), `${JSON.stringify(sealed, null, 2)}\n`)
      expect(await refusal()).toMatch(expected)
    })
  })

  const everyFile = (): string[] =>
    readdirSync(bundle, { recursive: true, encoding: 'utf8' })
      .map((name) => join(bundle, name))
      .filter((path) => statSync(path).isFile())
  const largest = (): string =>
    Object.entries(index.files)
      .filter(([path]) => path.startsWith('fitted/'))
      .sort(([, a], [, b]) => b.bytes - a.bytes)[0]![0]
})

test('is made without what its pictures look like where they are gone, and both it and the run say why', async () => {
  const out = join(away, 'without pictures')
  renameSync(data, `${data}.away`)
  try {
    const { code, stderr } = await call(['bundle', run, '--node', 'vote', '-o', out])
    expect([code, stderr]).toEqual([0, expect.stringMatching(/cannot tell pictures that are unlike.*no longer where/)])
    const notes = async (of: string, ...more: readonly string[]): Promise<string> =>
      (await call(['predict', of, pictures, ...more])).stderr
    expect(await notes(run, '--node', 'vote')).toMatch(/not compared with the pictures .*no longer where they were/)
    expect(await notes(out)).toMatch(/not compared with the pictures .*were gone when the bundle was made/)
  } finally {
    renameSync(`${data}.away`, data)
  }
}, 60_000)

test('is refused to be made of a node that cannot be asked, and leaves nothing', async () => {
  const out = join(away, 'none')
  mkdirSync(out)
  const { code } = await call(['bundle', run, '--node', 'scores', '-o', join(out, 'bundle')])
  expect(code).toBe(2)
  expect(readdirSync(out)).toEqual([])
})
