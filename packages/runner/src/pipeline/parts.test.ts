import { afterAll, describe, expect, test } from 'vitest'
import { createProject } from '../../test-fixtures/project.js'
import { keyPipeline } from '../run/key-pipeline.js'

const project = createProject()
afterAll(() => {
  project.remove()
})

const start = `seed: 3
nodes:
  points: { use: toy/points, with: { numSamples: 30, numFeatures: 4 } }
  split: { use: toy/split-features, in: { features: points } }
`
const part = `parts:
  branch:
    inputs: [features]
    parameters: { factor: 2, k: $required }
    nodes:
      scaled: { use: toy/scale, in: { features: in.features }, with: { factor: "\${with.factor}" } }
      centred: { use: toy/center, in: { features: scaled }, with: { k: "\${with.k}" } }
      near: { use: toy/nearest, in: { features: centred } }
    outputs: { predictions: near, features: centred }
`

const keysOf = async (text: string, overrides: readonly string[] = []) => {
  project.write('p.yaml', text)
  const { stages } = await keyPipeline(await project.check('p.yaml', { overrides }))
  return new Map([...stages.values()].map(({ id, key }) => [id, key]))
}
const problemsOf = async (text: string, overrides: readonly string[] = []) => {
  project.write('p.yaml', text)
  const { problems } = await project.check('p.yaml', { overrides })
  return problems.map(
    ({ code, place, message }) => `${code} ${String(place?.line)}:${String(place?.column)} ${message}`,
  )
}

describe('a part', () => {
  const used = `${part}${start}  one: { part: branch, in: { features: split }, with: { k: 2 } }
  two: { part: branch, in: { features: one.features }, with: { k: 1, factor: 5 } }
  score: { use: toy/score, in: { predictions: two } }
  joined: { use: toy/join, in: { features: [one.features, one.scaled, split] } }
`
  const byHand = `${start}  s1: { use: toy/scale, in: { features: split } }
  one: { use: toy/center, in: { features: s1 }, with: { k: 2 } }
  n1: { use: toy/nearest, in: { features: one } }
  s2: { use: toy/scale, in: { features: one }, with: { factor: 5 } }
  c2: { use: toy/center, in: { features: s2 }, with: { k: 1 } }
  n2: { use: toy/nearest, in: { features: c2 } }
  score: { use: toy/score, in: { predictions: n2 } }
  joined: { use: toy/join, in: { features: [{ one.features: one }, { one.scaled: s1 }, split] } }
`
  test('adds nothing to the keys of what it is written for', async () => {
    const [parts, plain] = [await keysOf(used), await keysOf(byHand)]
    expect([...parts.keys()]).toContain('two.centred:fit')
    expect([...parts.values()].sort()).toEqual([...plain.values()].sort())
  })

  test('shows its nodes at an input of many by their names in it', async () => {
    const many = (body: string): string => `parts:
  pair:
    inputs: [features]
    nodes:
      a: { use: toy/scale, in: { features: in.features } }
      b: { use: toy/scale, in: { features: in.features }, with: { factor: 3 } }
      both: { use: toy/join, in: { features: [a, b] } }
    outputs: { features: both }
${start}${body}`
    const parts = await keysOf(many('  x: { part: pair, in: { features: split } }\n'))
    const plain = await keysOf(
      `${start}  a: { use: toy/scale, in: { features: split } }
  b: { use: toy/scale, in: { features: split }, with: { factor: 3 } }
  both: { use: toy/join, in: { features: [a, b] } }
`,
    )
    expect(parts.get('x.both')).toBe(plain.get('both'))
  })

  test('is set from outside: its parameters, and any option of its nodes', async () => {
    const overrides = ['one.factor=7', 'two.centred.k=2', 'two.near.vote=soft', 'two.in.features=split']
    const set = await keysOf(used.replace('with: { k: 1', 'set: { centred.k: 3 }, with: { k: 1'), overrides)
    const plain = await keysOf(byHand, ['s1.factor=7', 'c2.k=2', 'n2.vote=soft', 's2.in.features=split'])
    expect([...set.values()].sort()).toEqual([...plain.values()].sort())
  })

  test('is taken from a file that is extended, and may use others', async () => {
    project.write('lib.yaml', part)
    const keys = await keysOf(`extends: lib.yaml
parts:
  outer:
    inputs: [rows]
    parameters: [k]
    nodes: { inner: { part: branch, in: { features: in.rows }, with: { k: "\${with.k}" } } }
    outputs: { predictions: inner }
${start}  deep: { part: outer, in: { rows: split }, with: { k: 2 } }
  score: { use: toy/score, in: { predictions: deep } }
`)
    const plain = await keysOf(byHand)
    expect(keys.get('deep.inner.near:apply')).toBe(plain.get('n1:apply'))
  })

  test('is run, planned, explained and drawn under the names of its nodes', async () => {
    project.write('run.yaml', used)
    const ran = await project.etsef('run', 'run.yaml', '-q')
    expect(ran.stderr).toBe('')
    expect((await project.etsef('plan', 'run.yaml', '--set', 'two.centred.k=2')).stdout).toMatch(
      /two\.centred:fit +will run +option k of "two.centred" changed from 1 to 2/,
    )
    expect((await project.etsef('explain', 'run.yaml', 'one.near')).stdout).toContain('one.near:fit')
    expect((await project.etsef('graph', 'run.yaml', '--format', 'mermaid')).stdout).toContain('one.near')
    project.write('resolved.yaml', (await project.etsef('resolve', 'run.yaml', '--set', 'two.centred.k=2')).stdout)
    expect((await project.etsef('plan', 'resolved.yaml')).stdout).toMatch(/two\.centred:fit +will run/)
  })
})

describe('a list', () => {
  const list = `${start}  scaled: { each: [1, 2, 3], use: toy/scale, in: { features: split }, with: { factor: "\${each}" } }
  joined: { use: toy/join, in: { features: scaled } }
  again: { use: toy/scale, in: { features: scaled.2 } }
`
  test('makes a node of each item, and is collected at an input of many', async () => {
    const keys = await keysOf(list)
    const plain = await keysOf(`${start}  a: { use: toy/scale, in: { features: split }, with: { factor: 1 } }
  b: { use: toy/scale, in: { features: split } }
  c: { use: toy/scale, in: { features: split }, with: { factor: 3 } }
  joined: { use: toy/join, in: { features: [{ x1: a }, { x2: b }, { x3: c }] } }
  again: { use: toy/scale, in: { features: b } }
`)
    expect(keys.get('scaled.3')).toBe(plain.get('c'))
    expect(keys.get('again')).toBe(plain.get('again'))
    expect([...keys.keys()]).toEqual(['points', 'split', 'scaled.1', 'scaled.2', 'scaled.3', 'joined', 'again'])
  })

  test('of values by name, of parts, and set one by one or all at once', async () => {
    const text = `${part}${start}  b: { each: { x: { k: 1 }, y: { k: 2 } }, part: branch, in: { features: split }, with: { k: "\${each.k}" } }
  joined: { use: toy/join, in: { features: b.features } }
`
    const keys = await keysOf(text, ['b.y.scaled.factor=9', 'b.near.vote=soft'])
    const plain = await keysOf(`${start}  s: { use: toy/scale, in: { features: split }, with: { factor: 9 } }
  c: { use: toy/center, in: { features: s }, with: { k: 2 } }
  near: { use: toy/nearest, in: { features: c } }
`)
    expect(keys.get('b.y.centred:apply')).toBe(plain.get('c:apply'))
    expect([...keys.keys()].filter((id) => id.startsWith('b.x.'))).toHaveLength(5)
  })
})

test('everything that is wrong with parts and lists is told in one pass, each at its place', async () => {
  const found = await problemsOf(
    `parts:
  ring: { nodes: { a: { part: other } } }
  other: { nodes: { a: { part: ring } } }
  self: { nodes: { a: { part: self } } }
  one:
    inputs: [features]
    parameters: { k: $required }
    nodes:
      c: { use: toy/center, in: { features: in.featurs }, with: { k: "\${with.kk}" } }
      d: { use: toy/scale, in: { features: cc } }
    outputs: { features: d, more: nothing }
  empty: { nodes: {} }
${start}  u: { part: onee, in: { features: split } }
  v: { part: one, in: { feature: split }, with: { j: 1 } }
  w: { use: toy/scale, in: { features: v.outputs } }
  x: { part: self }
  y: { each: [], use: toy/scale, in: { features: split } }
  z: { each: [a, a], use: toy/scale, in: { features: split } }
  q: { part: one, in: { features: split }, with: { k: 1 }, set: { nope.k: 2 } }
  r: { use: toy/scale, in: { features: "\${each}" } }
`,
    ['v.nope.k=2'],
  )
  await expect(`${found.join('\n')}\n`).toMatchFileSnapshot('parts.problems.txt')
})

test('a mistake in a part is told once, with where it is used', async () => {
  const text = `${part.replace('toy/nearest', 'toy/neerest')}${start}  one: { part: branch, in: { features: split }, with: { k: 2 } }
  two: { part: branch, in: { features: split }, with: { k: 1 } }
`
  expect(await problemsOf(text)).toEqual([
    'ERR_UNKNOWN_OPERATION 8:20 Unknown operation "toy/neerest", in part "branch", used at p.yaml:14; the same in 1 other use',
  ])
})

test('what parts would be written out is bounded', async () => {
  const twice = (name: string, inner: string): string =>
    `  ${name}: { nodes: { a: { part: ${inner} }, b: { part: ${inner} } } }\n`
  const levels = Array.from({ length: 40 }, (_, at) => twice(`p${String(at)}`, `p${String(at + 1)}`)).join('')
  const text = `parts:\n${levels}  p40: { nodes: { a: { use: toy/points } } }\n${start}  u: { part: p0 }\n`
  const found = await problemsOf(text)
  expect(found.filter((line) => line.startsWith('ERR_TOO_LARGE'))).toHaveLength(1)
  const wide = `${start}  u: { each: [${Array.from({ length: 30_000 }, (_, at) => at).join(', ')}], use: toy/points }\n`
  expect((await problemsOf(wide)).filter((line) => line.startsWith('ERR_TOO_LARGE'))).toHaveLength(1)
})

test('an input that a part feeds to itself is told', async () => {
  const text = `parts:
  p: { inputs: [x], nodes: { a: { use: toy/scale, in: { features: in.x } } }, outputs: { through: in.x } }
${start}  u: { part: p, in: { x: u } }
`
  expect((await problemsOf(text)).map((line) => line.split(' ')[0])).toContain('ERR_CYCLE')
})
