import type { Json, PipelineError } from '@etsef/plugin-api'
import { fc, test as property } from '@fast-check/vitest'
import { parse } from 'yaml'
import { describe, expect, test } from 'vitest'
import { loadPipeline } from './load-pipeline.js'
import { fromPlain, toPlain, type LocatedMap } from './located.js'
import { parseYaml } from './parse-yaml.js'
import { printYaml } from './print-yaml.js'

/** The pipeline of files given as texts, resolved. */
function load(
  files: Readonly<Record<string, string>>,
  options: { profile?: string; overrides?: readonly string[] } = {},
): { plain: Json; problems: readonly PipelineError[]; root: LocatedMap } {
  const { document, problems } = loadPipeline({
    path: '/project/main.yaml',
    root: '/project',
    files: {
      read: (path) => parseYaml(files[path.replace('/project/', '')] ?? '', path.replace('/project/', '')),
      realPath(path) {
        if (files[path.replace('/project/', '')] === undefined) throw new Error('ENOENT')
        return path
      },
    },
    ...options,
  })
  return { plain: toPlain(document.root), problems, root: document.root }
}

const base = `
seed: 1
vars: { n: 3, names: [a] }
nodes:
  a: { use: x/a, with: { k: 1, deep: { p: 1, q: 2 }, list: [1, 2] } }
  b: { use: x/b, in: { rows: a } }
`

describe('extends', () => {
  test('a node replaces the node of its name as a whole, others stay', () => {
    const { plain, problems } = load({
      'base.yaml': base,
      'main.yaml': 'extends: base.yaml\nnodes: { a: { use: x/c } }\n',
    })
    expect(problems).toEqual([])
    expect(plain).toMatchObject({ seed: 1, nodes: { a: { use: 'x/c' }, b: { use: 'x/b' } } })
    expect((plain as { nodes: { a: object } }).nodes.a).toEqual({ use: 'x/c' })
  })

  test('$merge lays over entry by entry, $append adds, null removes', () => {
    const main = `
extends: base.yaml
seed: 2
vars: { n: 4 }
nodes:
  a: { $merge: { with: { $merge: { k: 5, deep: { $merge: { q: 9 } }, list: { $append: [3] } } } } }
  b: null
`
    const { plain, problems } = load({ 'base.yaml': base, 'main.yaml': main })
    expect(problems).toEqual([])
    expect(plain).toEqual({
      seed: 2,
      vars: { n: 4, names: ['a'] },
      nodes: { a: { use: 'x/a', with: { k: 5, deep: { p: 1, q: 9 }, list: [1, 2, 3] } } },
    })
  })

  test('several bases are laid over each other in order', () => {
    const { plain } = load({
      'one.yaml': 'seed: 1\nname: one\n',
      'two.yaml': 'seed: 2\n',
      'main.yaml': 'extends: [one.yaml, two.yaml]\nnodes: { a: { use: x/a } }\n',
    })
    expect(plain).toMatchObject({ seed: 2, name: 'one' })
  })

  test('a base of a base, and its file in the places', () => {
    const { root } = load({
      'low.yaml': base,
      'mid.yaml': 'extends: low.yaml\nseed: 5\n',
      'main.yaml': 'extends: mid.yaml\nname: top\n',
    })
    expect(root.entries.get('seed')?.value.place).toEqual({ file: 'mid.yaml', line: 2, column: 7 })
    expect(root.entries.get('nodes')?.value.place.file).toBe('low.yaml')
  })

  test('a circle is named', () => {
    const { problems } = load({ 'a.yaml': 'extends: main.yaml\n', 'main.yaml': 'extends: a.yaml\n' })
    expect(problems[0]).toMatchObject({
      code: 'ERR_EXTENDS',
      message: 'The pipeline extends itself: main.yaml → a.yaml → main.yaml',
    })
  })
})

describe('profiles', () => {
  const text = `${base}profiles:\n  quick: { vars: { n: 1 }, nodes: { a: { $merge: { with: { k: 0 } } } } }\n`

  test('a profile is laid over with the same rules', () => {
    const { plain, problems } = load({ 'main.yaml': text }, { profile: 'quick' })
    expect(problems).toEqual([])
    expect(plain).toMatchObject({ vars: { n: 1 }, nodes: { a: { use: 'x/a', with: { k: 0 } } } })
  })

  test('nothing of it is seen when it is not chosen', () => {
    expect(load({ 'main.yaml': text }).plain).toMatchObject({ vars: { n: 3 }, nodes: { a: { with: { k: 1 } } } })
  })
})

describe('variables', () => {
  test('a whole reference keeps the type, one inside a text is written into it', () => {
    const { plain } = load({
      'main.yaml':
        'vars: { n: 3, list: [1, 2], dir: d }\nnodes: { a: { use: x/a, with: { n: "${vars.n}", list: "${vars.list}", path: "${vars.dir}/x${vars.n}", literal: "$${vars.n}" } } }\n',
    })
    expect(plain).toMatchObject({ nodes: { a: { with: { n: 3, list: [1, 2], path: 'd/x3', literal: '${vars.n}' } } } })
  })

  test('variables may use variables', () => {
    expect(
      load({
        'main.yaml':
          'vars: { root: r, data: "${vars.root}/d" }\nnodes: { a: { use: x/a, with: { path: "${vars.data}" } } }\n',
      }).plain,
    ).toMatchObject({ nodes: { a: { with: { path: 'r/d' } } } })
  })
})

describe('overrides', () => {
  test('values are YAML', () => {
    const { plain, problems } = load(
      { 'main.yaml': base },
      {
        overrides: [
          'a.k=2.5',
          'a.flag=false',
          'a.text="false"',
          'a.list=[7]',
          'a.deep.q=null',
          'vars.n=9',
          'seed=7',
          'b.in.rows=a.other',
          'b.use=x/z',
          'nodes.b.description=words',
        ],
      },
    )
    expect(problems).toEqual([])
    expect(plain).toMatchObject({
      seed: 7,
      vars: { n: 9 },
      nodes: {
        a: { with: { k: 2.5, flag: false, text: 'false', list: [7], deep: { p: 1, q: null } } },
        b: { use: 'x/z', in: { rows: 'a.other' }, description: 'words' },
      },
    })
  })

  test('an item of a list is set by its index', () => {
    expect(load({ 'main.yaml': base }, { overrides: ['a.list.1=9'] }).plain).toMatchObject({
      nodes: { a: { with: { list: [1, 9] } } },
    })
  })
})

const scalar = fc.oneof(
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.string(),
  fc.constantFrom(
    'true',
    'null',
    '1',
    '1e3',
    '~',
    'a: b',
    '# c',
    '- d',
    '0x1f',
    '.inf',
    'yes',
    ' x ',
    '${vars.a}',
    'ünï',
    '\n',
    '"',
  ),
)
const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    scalar,
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.string({ maxLength: 5 }), fc.constantFrom('a', 'true', '1', 'null')), tie('tree'), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
  ),
}))

property.prop([fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd e', '1'), tree, { noNullPrototype: true })], {
  numRuns: 300,
  examples: [[{ a: { '.0': 'true' } }]],
})('what is printed is read back equal', (value) => {
  const place = { file: 'x', line: 1, column: 1 }
  fc.pre(!JSON.stringify(value).includes('__proto__'))
  for (const isAnnotated of [false, true]) {
    const text = printYaml(fromPlain(value, place) as LocatedMap, { isAnnotated })
    expect(parse(text, { schema: 'core' }), text).toEqual(value)
    const parsed = parseYaml(text, 'x')
    expect(parsed.value && toPlain(parsed.value)).toEqual(value)
  }
})
