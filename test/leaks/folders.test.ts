import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { leakProject } from '../support/leak-project.js'
import { etsef } from '../support/etsef.js'
import { png } from '../support/png.js'

const project = leakProject()
afterAll(() => {
  project.dispose()
})

/** Writes files by path below a folder of the project: the same number, the same picture. */
function folder(name: string, files: Readonly<Record<string, number>>): string {
  for (const [path, picture] of Object.entries(files))
    write(
      join(name, path),
      png(8, (at) => at * 13 + picture * 29),
    )
  return name
}

function write(path: string, content: Buffer | string): void {
  const absolute = join(project.path, path)
  mkdirSync(dirname(absolute), { recursive: true })
  writeFileSync(absolute, content)
}

/** Twelve pictures of each of two classes, numbered from `first`. */
function twoClasses(first: number, prefix = ''): Record<string, number> {
  const names = Array.from({ length: 24 }, (_, i) => `${prefix}${i % 2 ? 'lesion' : 'normal'}/${String(first + i)}.png`)
  return Object.fromEntries(names.map((name, i) => [name, first + i]))
}

const nodes = (source: string, rest = '') => `
name: folders
seed: 1
nodes:
  scans: { use: data/folder, with: { ${source} } }
${rest}`

test('data sets are no classes, and the classes are printed before a run', async () => {
  const path = folder('sets', { ...twoClasses(0, 'brain/'), ...twoClasses(100, 'skin/') })
  const plan = (source: string) => {
    const file = join(project.path, 'sets.yaml')
    writeFileSync(file, nodes(source))
    return etsef(['plan', file, '--store', join(project.path, 'store')])
  }
  const refused = await plan(`path: ${join(project.path, path)}`)
  expect(refused.code).toBe(2)
  expect(refused.stdout + refused.stderr).toMatch(/Folder "brain" holds no images of its own, only folders/)
  const taken = await plan(`path: ${join(project.path, path, 'brain')}`)
  expect(taken.stdout + taken.stderr).toContain('node "scans": 24 images of 2 classes: lesion 12, normal 12')
})

describe('leaks in folders of images', () => {
  test('the same file in the train and in the test directory', async () => {
    const path = folder('same-file', { ...twoClasses(0, 'train_directory/'), ...twoClasses(100, 'test_directory/') })
    cpSync(
      join(project.path, path, 'train_directory/normal/0.png'),
      join(project.path, path, 'test_directory/normal/renamed.png'),
    )
    const { nodes: states } = await project.run(nodes(`path: ${path}, splitFolders: keep`))
    expect(states['scans']?.error).toMatchObject({
      code: 'ERR_LEAKAGE',
      message: expect.stringMatching(
        /Group ".*" has images in the (train|test) and in the (train|test) directory/,
      ) as string,
    })
  })

  test('a patient in the train and in the test directory', async () => {
    const files = { ...twoClasses(0, 'train_directory/'), ...twoClasses(100, 'test_directory/') }
    const path = folder('same-patient', files)
    const patients = Object.keys(files).map((file, i) => `${file},patient-${String(i % 20)}`)
    write(`${path}/groups.csv`, ['file,group', ...patients].join('\n'))
    const { nodes: states } = await project.run(nodes(`path: ${path}, splitFolders: keep, groups: groups.csv`))
    expect(states['scans']?.error).toMatchObject({
      code: 'ERR_LEAKAGE',
      message: expect.stringMatching(/Group "patient-\d+" has images in/) as string,
    })
  })

  test('split anew, copies of one file under other names stay together', async () => {
    const path = folder('copies', twoClasses(0))
    for (let i = 0; i < 24; i += 3) {
      const name = `${i % 2 ? 'lesion' : 'normal'}/${String(i)}`
      cpSync(join(project.path, path, `${name}.png`), join(project.path, path, `${name}-copy.png`))
    }
    const summary = await project.run(
      nodes(
        `path: ${path}`,
        `  split: { use: data/split, in: { images: scans } }
  pixels: { use: leaky/pixels, in: { images: split } }
  rows: { use: leaky/dump, in: { features: pixels } }`,
      ),
    )
    const { ids, partitions, sourceIds } = project.report(summary, 'rows') as Record<string, string[]>
    const partitionOf = new Map(ids!.map((id, i) => [id, partitions![i]]))
    const copies = ids!.filter((id) => id.includes('-copy'))
    expect(copies).toHaveLength(8)
    for (const copy of copies) expect(partitionOf.get(copy)).toBe(partitionOf.get(copy.replace('-copy', '')))
    expect(new Set(sourceIds).size).toBe(24)
  })

  test('an intermediate set with a test image of the target set, under another name and class', async () => {
    const target = folder('target', twoClasses(0))
    const split = `
  split: { use: data/split, in: { images: scans } }
  pixels: { use: leaky/pixels, in: { images: split } }
  rows: { use: leaky/dump, in: { features: pixels } }`
    const first = await project.run(nodes(`path: ${target}`, split))
    const { ids, partitions } = project.report(first, 'rows') as Record<string, string[]>
    const stolen = ids![partitions!.indexOf('test')]!
    folder('intermediate', twoClasses(500))
    cpSync(join(project.path, target, stolen), join(project.path, 'intermediate/lesion/found-on-the-web.png'))
    const pretrained = `${split}
  atlas: { use: data/folder, with: { path: intermediate } }
  parts: { use: data/split, in: { images: atlas }, with: { train: 1, val: 0, test: 0 } }
  pre: { use: leaky/pretrain, in: { images: parts } }
  tuned: { use: leaky/pretrain, in: { images: split, init: pre.model } }`
    const { nodes: states } = await project.run(nodes(`path: ${target}`, pretrained))
    expect(states['tuned']?.error).toMatchObject({ code: 'ERR_LEAKAGE' })
    expect(states['tuned']?.error?.message).toContain(stolen)
  })
})
