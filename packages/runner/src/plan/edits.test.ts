import { rmSync, symlinkSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject, tenStages } from '../../test-fixtures/project.js'
import { keyPipeline } from '../run/key-pipeline.js'
import { earlierOf, planRun } from '../run/plan-run.js'
import type { RunRecord } from '../run/run-record.js'
import { openStore } from '../store/store.js'
import { codeChanges } from './explain-code.js'
import { describeDifference, explainStage } from './explain.js'

/** A second plugin whose code the edits change. */
const manifest = (cacheVersion: number, note = ''): string => `
const options = { type: 'object', additionalProperties: false, properties: {} }
export default { name: 'edit', apiVersion: 1, operations: [{
  kind: 'map', type: 'edit/same', summary: 'same', cacheVersion: ${cacheVersion}, options, rows: 'features',
  inputs: { features: { kind: 'features', cardinality: 'one', description: 'rows' } },
  outputs: { features: { kind: 'features', cardinality: 'one', description: 'rows' } },
  load: () => import('./same.js'),
}] } ${note}
`
const same = `import '../lib/helper.js'
import '../../../elsewhere/shared.js'
import 'dep'
const asset = new URL('../../../elsewhere/asset.bin', import.meta.url)
export async function open() { return { apply: async (batch) => ({ features: batch }) } }
`
const packageJson = (version: string, more: object = {}): string =>
  JSON.stringify({
    name: 'edit',
    version,
    type: 'module',
    files: ['dist'],
    dependencies: { dep: '*', linked: '*' },
    etsef: { api: 1, plugin: './dist/plugin.js' },
    ...more,
  })
const dependency = (name: string, version: string, dependencies = {}): string =>
  JSON.stringify({ name, version, type: 'module', main: './index.js', dependencies })

/** Files of the plugin, of what it imports and reads, and of the packages it stands on. */
const files: Readonly<Record<string, string>> = {
  'node_modules/edit/package.json': packageJson('1.0.0'),
  'node_modules/edit/dist/plugin.js': manifest(1),
  'node_modules/edit/dist/same.js': same,
  'node_modules/edit/dist/words.txt': 'one',
  'node_modules/edit/dist/table.csv': 'one',
  'node_modules/edit/dist/deep/weights.bin': 'one',
  'node_modules/edit/dist/notes.md': 'one',
  'node_modules/edit/lib/helper.js': 'import "./more.js"\n',
  'node_modules/edit/lib/more.js': 'export const x = 1\n',
  'node_modules/edit/README.md': 'one',
  'node_modules/edit/test/a.test.js': 'one',
  'node_modules/dep/package.json': dependency('dep', '1.0.0', { transitive: '*' }),
  'node_modules/dep/index.js': 'import "transitive"\n',
  'node_modules/transitive/package.json': dependency('transitive', '2.0.0'),
  'node_modules/transitive/index.js': 'export const x = 1\n',
  'elsewhere/shared.js': 'import "./deeper.js"\n',
  'elsewhere/deeper.js': 'export const x = 1\n',
  'elsewhere/asset.bin': 'one',
  'linked/package.json': dependency('linked', '3.0.0'),
  'linked/dist/index.js': 'export const x = 1\n',
  'sources/behind.js': 'export const x = 1\n',
  'sources/folder/inside.js': 'export const x = 1\n',
}
const project = createProject({ edit: {} })
symlinkSync(join(project.dir, 'linked'), join(project.dir, 'node_modules/linked'))
afterAll(() => {
  project.remove()
})

const pipeline = `${tenStages}  files: { use: toy/files, with: { path: data } }
  brighter: { use: toy/brighten, in: { images: files } }
  means: { use: toy/mean, in: { images: brighter } }
  same: { use: edit/same, in: { features: means } }
  last: { use: toy/scale, in: { features: same } }
outputs: [scores, last]
`
const all = [
  'points',
  'split',
  'a',
  'b',
  'both',
  'centred',
  'near',
  'scores',
  'files',
  'brighter',
  'means',
  'same',
  'last',
]
const fromCentred = ['centred', 'near', 'scores']
const fromFiles = ['files', 'brighter', 'means', 'same', 'last']
/** What draws, and what is made of it: the pictures and their means do not depend on the seed. */
const fromDrawing = all.filter((node) => !['files', 'brighter', 'means'].includes(node))
let record: RunRecord

function reset(): void {
  project.write('p.yaml', pipeline)
  project.write('data/a1', '\u0001')
  project.write('data/b1', '\u0002')
  for (const [path, text] of Object.entries(files)) project.write(path, text)
  for (const path of added) rmSync(join(project.dir, path), { force: true })
}

/** What edits add. */
const added = [
  'data/c1',
  'data/.DS_Store',
  'data/Thumbs.db',
  'data/.a1.swp',
  'data/a1~',
  'data/._a1',
  'node_modules/edit/dist/helper.js',
  'node_modules/edit/dist/.DS_Store',
  'node_modules/edit/dist/.same.js.swp',
  'node_modules/edit/dist/same.test.js',
]

beforeAll(async () => {
  reset()
  const dist = join(project.dir, 'node_modules/edit/dist')
  symlinkSync(join(project.dir, 'sources/behind.js'), join(dist, 'link.js'))
  symlinkSync(join(project.dir, 'sources/folder'), join(dist, 'links'))
  symlinkSync(dist, join(dist, 'circle'))
  record = (await project.run('p.yaml')).record
  expect(record.status).toBe('ok')
})

type Edit = readonly [
  name: string,
  edit: () => readonly string[] | undefined,
  nodes: readonly string[],
  cause?: RegExp | undefined,
]

const yaml = (from: string | RegExp, to: string) => (): undefined => {
  const edited = pipeline.replace(from, to)
  if (edited === pipeline) throw new Error(`nothing to replace: ${String(from)}`)
  project.write('p.yaml', edited)
}
const set =
  (...overrides: readonly string[]) =>
  (): readonly string[] =>
    overrides
const write = (path: string, text: string) => (): undefined => {
  project.write(path, text)
}

/** Forty edits: the nodes that must run again, and what `explain` must name for the last of them. */
const edits: readonly Edit[] = [
  ['a comment', yaml('nodes:', '# words\nnodes:'), []],
  ['a blank line', yaml('nodes:', '\n\nnodes:'), []],
  [
    'block for flow style',
    yaml('a: { use: toy/scale, in: { features: split } }', 'a:\n    use: toy/scale\n    in:\n      features: split'),
    [],
  ],
  ['quotes', yaml('use: toy/join', 'use: "toy/join"'), []],
  [
    'order of keys',
    yaml(
      '{ use: toy/center, in: { features: both }, with: { k: 4 } }',
      '{ with: { k: 4 }, in: { features: both }, use: toy/center }',
    ),
    [],
  ],
  ['order of nodes', yaml(/( {2}near: .*\n)( {2}scores: .*\n)/, '$2$1'), []],
  ['the name of the pipeline', yaml('name: toy', 'name: other'), []],
  ['a description', yaml('name: toy', 'name: toy\ndescription: words'), []],
  ['a description of a node', yaml('{ use: toy/join,', '{ description: words, use: toy/join,'), []],
  [
    'a default written out',
    yaml(
      'a: { use: toy/scale, in: { features: split } }',
      'a: { use: toy/scale, in: { features: split }, with: { factor: 2 } }',
    ),
    [],
  ],
  ['1.0 for 1', yaml('k: 4', 'k: 4.0'), []],
  ['a variable for its value', yaml('k: 4', 'k: "${vars.k}"'), [], undefined],
  ['an unused variable', yaml('vars: { n: 40 }', 'vars: { n: 40, unused: 3 }'), []],
  ['an unrelated file', write('notes.txt', 'words'), []],
  [
    'a touched image',
    () => {
      utimesSync(join(project.dir, 'data/a1'), new Date(), new Date())
    },
    [],
  ],
  ['an image written again', write('data/a1', '\u0001'), []],
  ['the README of a plugin', write('node_modules/edit/README.md', 'two'), []],
  [
    'touched code',
    () => {
      utimesSync(join(project.dir, 'node_modules/edit/dist/same.js'), new Date(), new Date())
    },
    [],
  ],
  ['an option', set('centred.k=3'), fromCentred, /option k of "centred" changed from 4 to 3/],
  ['an option back to its default', yaml(', with: { k: 4 }', ''), fromCentred, /option k of "centred" was 4/],
  [
    'an option that was not set',
    set('near.vote=soft'),
    ['near', 'scores'],
    /option vote of "near" changed from hard to soft/,
  ],
  [
    'an option that does nothing',
    set('a.note=words'),
    ['a', 'both', ...fromCentred],
    /option note of "a" is now words/,
  ],
  ['a variable', set('vars.n=50'), all.slice(0, 8), /option numSamples of "points" changed from 40 to 50/],
  ['an option of a source', set('points.noise=0.2'), all.slice(0, 8), /option noise of "points"/],
  ['an option of a split', set('split.test=0.5'), all.slice(1, 8), /option test of "split" changed from 0.3 to 0.5/],
  [
    'an option of one branch',
    set('b.factor=7'),
    ['b', 'both', ...fromCentred],
    /option factor of "b" changed from 3 to 7/,
  ],
  [
    'an option of a lazy image operation',
    set('brighter.by=3'),
    fromFiles.slice(1),
    /option by of "brighter" changed from 1 to 3/,
  ],
  ['the seed', set('seed=4'), fromDrawing, /the seed of the run or of "same" changed/],
  ['the seed as text', set('seed="3"'), fromDrawing, /the seed of the run or of "same" changed/],
  [
    'another operation',
    set('centred.use=toy/scale'),
    fromCentred,
    /operation of "centred" changed from toy\/center to toy\/scale/,
  ],
  [
    'another operation of equal outputs',
    set('a.use=edit/same'),
    ['a', 'both', ...fromCentred],
    /operation of "a" changed from toy\/scale to edit\/same/,
  ],
  ['another input', set('centred.in.features=a', 'centred.k=3'), fromCentred, /option k of "centred"/],
  [
    'another input alone',
    set('near.in.features=both'),
    ['near', 'scores'],
    /input features of "near" changed from centred.features to both.features$/,
  ],
  [
    'the order of a many-port',
    yaml('[a, b]', '[b, a]'),
    ['both', ...fromCentred],
    /input features of "both" changed from a, b to b, a/,
  ],
  ['one input less', yaml('[a, b]', '[a]'), ['both', 'centred', 'near', 'scores'], /input features of "both"|option/],
  [
    'a renamed node that a many-port shows',
    yaml(/\ba\b(?=:)|(?<=\[)a\b/g, 'aa'),
    ['both', ...fromCentred],
    /input features of "both" changed from a, b to aa, b/,
  ],
  ['a changed image', write('data/a1', '\u0005'), fromFiles, /the content at option path of "files" changed/],
  ['a new image', write('data/c1', '\u0005'), fromFiles, /the content at option path of "files" changed/],
  [
    'changed code of a plugin',
    write('node_modules/edit/dist/same.js', `// changed\n${same}`),
    ['same', 'last'],
    /the code of the plugin of "same" changed: file dist\/same.js \(/,
  ],
  [
    'the version of a plugin',
    write('node_modules/edit/package.json', packageJson('1.0.1')),
    ['same', 'last'],
    /the code of the plugin of "same" changed: its version from 1.0.0 to 1.0.1 \(/,
  ],
  ...(
    [
      ['a new helper file of a plugin', 'node_modules/edit/dist/helper.js', /: file dist\/helper.js is new \(/],
      ['a text that code reads', 'node_modules/edit/dist/words.txt', /: file dist\/words.txt \(/],
      ['a table that code reads', 'node_modules/edit/dist/table.csv', /: file dist\/table.csv \(/],
      ['bytes that code reads', 'node_modules/edit/dist/deep/weights.bin', /: file dist\/deep\/weights.bin \(/],
      ['a text of any ending beside code', 'node_modules/edit/dist/notes.md', /: file dist\/notes.md \(/],
      ['an imported folder beside that of the entry', 'node_modules/edit/lib/helper.js', /: file lib\/helper.js \(/],
      ['what is imported from there', 'node_modules/edit/lib/more.js', /: file lib\/more.js \(/],
      ['an imported file of another folder', 'elsewhere/shared.js', /: file ..\/..\/elsewhere\/shared.js \(/],
      ['what is imported by it', 'elsewhere/deeper.js', /: file ..\/..\/elsewhere\/deeper.js \(/],
      ['an asset of another folder', 'elsewhere/asset.bin', /: file ..\/..\/elsewhere\/asset.bin \(/],
      ['a source behind a link', 'sources/behind.js', /: file dist\/link.js \(/],
      ['a source in a linked folder', 'sources/folder/inside.js', /: file dist\/links\/inside.js \(/],
      ['the code of a linked package', 'linked/dist/index.js', /: file dist\/index.js of package "linked" \(/],
      ['the code of a dependency', 'node_modules/dep/index.js', /: package "dep" 1.0.0 has other files than before \(/],
    ] as const
  ).map(([name, path, cause]): Edit => [
    name,
    write(path, `${files[path] ?? ''}// changed\n`),
    ['same', 'last'],
    cause,
  ]),
  [
    'the version of a dependency',
    write('node_modules/dep/package.json', dependency('dep', '1.0.1', { transitive: '*' })),
    ['same', 'last'],
    /: package "dep" from 1.0.0 to 1.0.1 \(/,
  ],
  [
    'the version of a dependency of a dependency',
    write('node_modules/transitive/package.json', dependency('transitive', '2.0.1')),
    ['same', 'last'],
    /: package "transitive" from 2.0.0 to 2.0.1 \(/,
  ],
  [
    'a dependency less',
    write('node_modules/edit/package.json', packageJson('1.0.0', { dependencies: { linked: '*' } })),
    ['same', 'last'],
    /: package "dep" is gone \(/,
  ],
  [
    'the description of a plugin',
    write('node_modules/edit/package.json', packageJson('1.0.0', { description: 'x' })),
    [],
  ],
  ['the test of a plugin', write('node_modules/edit/dist/same.test.js', 'x'), []],
  ['a file of a plugin that is not published', write('node_modules/edit/test/a.test.js', 'x'), []],
  ...added
    .filter((path) => /DS_Store|Thumbs|sw|~|\._/.test(path))
    .map((path): Edit => [`${path}, left behind`, write(path, 'x'), []]),
]

test('there are forty edits', () => {
  expect(edits.length).toBeGreaterThanOrEqual(40)
})

const named = edits.map(([name, edit, nodes, cause]) => ({ name, edit, nodes, cause }))

test.each(named)('$name', async ({ name, edit, nodes, cause }) => {
  reset()
  if (name === 'a variable for its value')
    project.write('p.yaml', pipeline.replace('k: 4', 'k: "${vars.k}"').replace('n: 40', 'n: 40, k: 4'))
  const overrides = name === 'a variable for its value' ? [] : (edit() ?? [])
  // `k` is above the columns that are left when an input is taken away.
  const more = name === 'one input less' ? ['centred.k=3'] : []
  const keyed = await keyPipeline(await project.check('p.yaml', { overrides: [...overrides, ...more] }))
  const store = openStore(keyed.storeDir)
  const { plan } = planRun(keyed, store)
  const willRun = new Set(
    [...plan.stages.values()].filter((each) => each.state === 'run').map(({ stage }) => stage.node),
  )
  expect([...willRun].sort()).toEqual([...nodes].sort())
  if (!cause) return
  const last = nodes.at(-1)!
  const stage = [...keyed.stages.values()].filter((each) => each.node === last).at(-1)!
  const difference = explainStage(stage.id, keyed.stages, earlierOf(record), codeChanges(store.dir, keyed.codes))
  expect(difference && describeDifference(difference)).toMatch(cause)
})
