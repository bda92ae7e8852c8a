import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { fc, test as property } from '@fast-check/vitest'
import { createProject, tenStages } from '../test-fixtures/project.js'
import { parseYaml } from './pipeline/parse-yaml.js'

const canary = 'hostile-canary'
const project = createProject({
  'evil-plugin': {
    'package.json': JSON.stringify({
      name: 'evil-plugin',
      version: '1.0.0',
      etsef: { api: 1, plugin: '../../outside.js' },
    }),
  },
  'future-plugin': {
    'package.json': JSON.stringify({ name: 'future-plugin', version: '1.0.0', etsef: { api: 2, plugin: './p.js' } }),
  },
  'empty-plugin': {
    'package.json': JSON.stringify({
      name: 'empty-plugin',
      version: '1.0.0',
      type: 'module',
      etsef: { api: 1, plugin: './p.js' },
    }),
    'p.js': 'export default 3\n',
  },
})
project.write('outside.js', `import { writeFileSync } from 'node:fs'\nwriteFileSync(${JSON.stringify(canary)}, '')\n`)
afterAll(() => {
  project.remove()
})

/** Memory and time stay bounded: measured around the parse of one text. */
function parseBounded(text: string): ReturnType<typeof parseYaml> {
  const before = process.memoryUsage().heapUsed
  const started = performance.now()
  const parsed = parseYaml(text, 'hostile.yaml')
  expect(performance.now() - started).toBeLessThan(20_000)
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(512 * 2 ** 20)
  return parsed
}

describe('YAML', () => {
  test('an alias bomb is refused', () => {
    const levels = Array.from(
      { length: 12 },
      (_, i) => `l${i}: &l${i} [${Array.from({ length: 10 }, () => (i === 0 ? 'x' : `*l${i - 1}`)).join(', ')}]`,
    )
    expect(parseBounded(levels.join('\n')).problems.map((error) => error.code)).toContain('ERR_UNSAFE_YAML')
  })

  test('an alias of itself is refused', () => {
    expect(parseBounded('a: &a [*a, *a]').problems.map((error) => error.code)).toContain('ERR_TOO_LARGE')
  })

  test('deep nesting is refused', () => {
    expect(parseBounded(`a: ${'['.repeat(200)}${']'.repeat(200)}`).problems.map((error) => error.code)).toContain(
      'ERR_TOO_LARGE',
    )
  })

  test('very deep nesting is refused before it is parsed', () => {
    expect(parseBounded(`a: ${'['.repeat(200_000)}`).problems.map((error) => error.code)).toContain('ERR_TOO_LARGE')
  })

  test('a huge text is refused', () => {
    expect(parseBounded(`a: "${'x'.repeat(100_000)}"`).problems.map((error) => error.code)).toEqual(['ERR_TOO_LARGE'])
  })

  test('a huge file is refused', () => {
    expect(parseBounded(`# ${'x'.repeat(17 * 2 ** 20)}\na: 1`).problems.map((error) => error.code)).toEqual([
      'ERR_TOO_LARGE',
    ])
  })

  test('__proto__ changes nothing', () => {
    parseBounded('nodes: { a: { with: { __proto__: { polluted: true } } } }')
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })
})

test('plugins outside their folder, of another contract, or broken are named, not loaded', async () => {
  project.write('toy.yaml', tenStages)
  const { problems, notices } = await project.check('toy.yaml')
  expect(problems).toEqual([])
  const expected = [
    ['Package "future-plugin" is written against version 2 of the plugin contract', 'future-plugin/package.json:1:1'],
    [
      'Plugin package "empty-plugin" cannot be used: it does not export a plugin as its default',
      'empty-plugin/p.js:1:1',
    ],
    [
      'Plugin package "evil-plugin" cannot be used: it names a manifest outside its folder',
      'evil-plugin/package.json:1:1',
    ],
  ] as const
  expect([...notices].sort()).toEqual(expected.map(([message, place]) => `${message} (node_modules/${place})`))
  // One of them may be what brings an operation that nobody else has.
  project.write('other.yaml', 'nodes:\n  a: { use: evil/thing }\n')
  const other = await project.check('other.yaml')
  expect(other.problems.map((error) => error.message).sort()).toEqual([
    ...expected.map(([message]) => message),
    'Unknown operation "evil/thing"',
  ])
  expect(existsSync(join(project.dir, canary))).toBe(false)
  expect(existsSync(canary)).toBe(false)
})

const lines = tenStages.split('\n')

/** A valid pipeline with a few of its characters, lines or words changed. */
const mutated = fc
  .array(
    fc.oneof(
      fc.record({ kind: fc.constant('drop' as const), at: fc.nat(lines.length - 1) }),
      fc.record({ kind: fc.constant('double' as const), at: fc.nat(lines.length - 1) }),
      fc.record({ kind: fc.constant('swap' as const), at: fc.nat(lines.length - 1), with: fc.nat(lines.length - 1) }),
      fc.record({
        kind: fc.constant('insert' as const),
        at: fc.nat(tenStages.length - 1),
        text: fc.oneof(
          fc.string({ maxLength: 4 }),
          fc.constantFrom(
            '{',
            '}',
            '[',
            ']',
            ':',
            '- ',
            '*a',
            '&a',
            '!!js ',
            '${',
            '${vars.n}',
            '\t',
            '"',
            '? ',
            '| ',
            '\n',
            '<<: ',
            '__proto__',
            '$merge: ',
          ),
        ),
      }),
      fc.record({ kind: fc.constant('cut' as const), at: fc.nat(tenStages.length - 1), length: fc.nat(12) }),
      fc.record({
        kind: fc.constant('word' as const),
        from: fc.constantFrom('toy/scale', 'points', 'features', 'in', 'with', 'use', 'k: 4', 'both', 'nodes'),
        to: fc.oneof(
          fc.constantFrom('3', 'null', '[]', '{}', 'true', '~', 'near', 'both', 'toy/points', '1e999', '""'),
          fc.string({ maxLength: 6 }),
        ),
      }),
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((edits) =>
    edits.reduce((text, edit) => {
      const rows = text.split('\n')
      if (edit.kind === 'drop') return rows.filter((_, index) => index !== edit.at).join('\n')
      if (edit.kind === 'double')
        return [...rows.slice(0, edit.at), rows[edit.at] ?? '', ...rows.slice(edit.at)].join('\n')
      if (edit.kind === 'swap')
        return rows.map((row, index) => (index === edit.at ? (rows[edit.with] ?? row) : row)).join('\n')
      if (edit.kind === 'insert') return text.slice(0, edit.at) + edit.text + text.slice(edit.at)
      if (edit.kind === 'cut') return text.slice(0, edit.at) + text.slice(edit.at + edit.length)
      return text.replace(edit.from, () => edit.to)
    }, tenStages),
  )

property.prop([mutated], { numRuns: 300 })(
  'a mutated pipeline is valid or has problems, each with a place inside the text; the validator never fails',
  async (text) => {
    project.write('mutated.yaml', text)
    const { problems } = await project.check('mutated.yaml')
    const height = text.split('\n').length
    for (const error of problems) {
      if (error.code === 'ERR_PLUGIN') continue
      expect(error.place, error.message).toBeDefined()
      expect(error.place!.line).toBeGreaterThanOrEqual(1)
      expect(error.place!.line).toBeLessThanOrEqual(height + 1)
    }
  },
)
