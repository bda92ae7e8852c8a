import type { ErrorCode } from '@etsef/plugin-api'
import { writeFiles, type HostileCase } from './hostile-case.js'

/** A pipeline file and what `validate` must say of it. */
function text(name: string, code: ErrorCode, yaml: () => string | Uint8Array, place?: string): HostileCase {
  return {
    name,
    code,
    ...(place === undefined ? {} : { place: `pipeline.yaml:${place}` }),
    arrange(dir) {
      writeFiles(dir, { 'pipeline.yaml': yaml() })
      return ['validate', 'pipeline.yaml']
    },
  }
}

/** Several files, of which `pipeline.yaml` is validated. */
function several(name: string, code: ErrorCode, files: () => Readonly<Record<string, string>>): HostileCase {
  return {
    name,
    code,
    arrange(dir) {
      writeFiles(dir, files())
      return ['validate', 'pipeline.yaml']
    },
  }
}

/** A sound pipeline called with hostile words. */
function words(name: string, code: ErrorCode, given: readonly string[]): HostileCase {
  return {
    name,
    code,
    arrange(dir) {
      writeFiles(dir, { 'pipeline.yaml': augmented })
      return ['validate', 'pipeline.yaml', ...given]
    },
  }
}

const sound = 'nodes: { start: { use: data/phantoms, with: { perClass: 4 } } }'
const augmented = `nodes:
  start: { use: data/phantoms, with: { perClass: 4 } }
  train: { use: augment/expand, in: { images: start }, with: { operations: [flip, blur] } }
`
const times = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join('')
const ten = (item: string, between = ', '): string => Array.from({ length: 10 }, () => item).join(between)
const reference = (name: string): string => `\${vars.${name}}`
const megabyte = 2 ** 20

/** Pipelines and command lines that ask for more than there is, or try to be more than data. */
export const texts: readonly HostileCase[] = [
  // Aliases
  text('an alias bomb of lists', 'ERR_UNSAFE_YAML', () =>
    times(12, (i) => `l${i}: &l${i} [${ten(i === 0 ? 'x' : `*l${i - 1}`)}]\n`),
  ),
  text('an alias bomb of maps', 'ERR_UNSAFE_YAML', () =>
    times(12, (i) => `m${i}: &m${i} { ${times(10, (j) => `k${j}: ${i === 0 ? 'x' : `*m${i - 1}`}, `)} }\n`),
  ),
  text('an alias of itself', 'ERR_TOO_LARGE', () => 'a: &a [*a, *a]'),
  text('60,000 aliases of one anchor', 'ERR_UNSAFE_YAML', () => `a: &a 1\nb: [${'*a, '.repeat(60_000)}]`),
  text('20,000 anchors, each with its alias', 'ERR_UNSAFE_YAML', () => times(20_000, (i) => `- &a${i} 1\n- *a${i}\n`)),

  // References
  text(
    'references ten times each, nine texts deep',
    'ERR_TOO_LARGE',
    () => `vars:\n  v0: xxxxxxxxxx\n${times(9, (i) => `  v${i + 1}: "${ten(reference(`v${i}`), '')}"\n`)}${sound}`,
  ),
  text(
    'references ten times each, eight lists deep',
    'ERR_TOO_LARGE',
    () => `vars:\n  v0: x\n${times(8, (i) => `  v${i + 1}: [${ten(`"${reference(`v${i}`)}"`)}]\n`)}${sound}`,
  ),
  text(
    'references ten times each, eight maps deep',
    'ERR_TOO_LARGE',
    () =>
      `vars:\n  v0: x\n${times(8, (i) => `  v${i + 1}: { ${times(10, (j) => `k${j}: "${reference(`v${i}`)}", `)} }\n`)}${sound}`,
  ),
  text(
    '2,000 chained variables',
    'ERR_TOO_LARGE',
    () => `vars:\n  v0: 1\n${times(2000, (i) => `  v${i + 1}: "${reference(`v${i}`)}"\n`)}${sound}`,
  ),
  text(
    '20,000 chained variables, the last first',
    'ERR_TOO_LARGE',
    () => `vars:\n${times(20_000, (i) => `  v${i}: "${reference(`v${i + 1}`)}"\n`)}  v20000: 1\n${sound}`,
  ),
  text(
    'a cycle of 5,000 variables',
    'ERR_TOO_LARGE',
    () => `vars:\n${times(5000, (i) => `  v${i}: "${reference(`v${(i + 1) % 5000}`)}"\n`)}${sound}`,
  ),
  text(
    'a text of 3,000 references to a long text',
    'ERR_TOO_LARGE',
    () => `vars:\n  long: ${'x'.repeat(60_000)}\n  all: "${reference('long').repeat(3000)}"\n${sound}`,
  ),
  text(
    '20,000 options that are a long list',
    'ERR_TOO_LARGE',
    () =>
      `vars:\n  long: [${'1, '.repeat(1000)}]\nnodes:\n${times(20_000, (i) => `  n${i}: { use: augment/expand, with: { operations: "${reference('long')}" } }\n`)}`,
  ),
  text(
    '8,000 references to nothing',
    'ERR_UNKNOWN_VARIABLE',
    () =>
      `vars: { a: 1 }\nnodes:\n${times(8000, (i) => `  n${i}: { use: data/phantoms, with: { size: "${reference(`b${i}`)}" } }\n`)}`,
  ),

  // Size
  text('a list of 15 MB', 'ERR_TOO_LARGE', () => `a: [${'1,'.repeat(7.5 * megabyte)}1]`, '1:1'),
  text('a list of 3 MB', 'ERR_TOO_LARGE', () => `a: [${'1,'.repeat(1.5 * megabyte)}1]`),
  text('a block list of 3 MB', 'ERR_TOO_LARGE', () => `a:\n${'- 1\n'.repeat(0.75 * megabyte)}`),
  text('3 MB of empty maps', 'ERR_TOO_LARGE', () => `a: [${'{},'.repeat(megabyte)}]`),
  text('3 MB of commas', 'ERR_TOO_LARGE', () => `a: [${','.repeat(3 * megabyte)}]`),
  text('16 MB of comments', 'ERR_TOO_LARGE', () => `${'# x\n'.repeat(4 * megabyte)}${sound}`, '1:1'),
  text('3 MB of comments', 'ERR_TOO_LARGE', () => `${'#\n'.repeat(1.5 * megabyte)}${sound}`),
  text('one comment of 17 MB', 'ERR_TOO_LARGE', () => `# ${'x'.repeat(17 * megabyte)}\n${sound}`, '1:1'),
  text('3 MB of empty lines', 'ERR_TOO_LARGE', () => `${'\n'.repeat(3 * megabyte)}${sound}`),
  text('3 MB of empty documents', 'ERR_TOO_LARGE', () => '---\n'.repeat(0.75 * megabyte)),
  text('50,000 documents', 'ERR_YAML_SYNTAX', () => '---\na: 1\n'.repeat(50_000)),
  text('a text of 3 MB', 'ERR_TOO_LARGE', () => `name: "${'x'.repeat(3 * megabyte)}"\n${sound}`, '1:7'),
  text('a block text of 3 MB', 'ERR_TOO_LARGE', () => `name: |\n${'  x\n'.repeat(0.75 * megabyte)}${sound}`),
  text('a key of 3 MB', 'ERR_TOO_LARGE', () => `? ${'x'.repeat(3 * megabyte)}\n: 1\n${sound}`),
  text(
    'a pipeline of 200,000 nodes',
    'ERR_TOO_LARGE',
    () => `nodes:\n${times(200_000, (i) => ` n${i}: {use: a/b}\n`)}`,
  ),

  // Depth
  text('200,000 open brackets', 'ERR_TOO_LARGE', () => `a: ${'['.repeat(200_000)}`),
  text('lists 400 deep', 'ERR_TOO_LARGE', () => `a: ${'['.repeat(400)}${']'.repeat(400)}`),
  text('block lists 100,000 deep on one line', 'ERR_YAML_SYNTAX', () => '- '.repeat(100_000)),
  text('block lists 1,000 deep', 'ERR_YAML_SYNTAX', () => `${'- '.repeat(1000)}1`),
  text('explicit keys 100,000 deep', 'ERR_YAML_SYNTAX', () => '? '.repeat(100_000)),
  text('maps 1,000 deep', 'ERR_YAML_SYNTAX', () => times(1000, (i) => `${' '.repeat(i)}a:\n`)),

  // Noise
  text('100,000 anchors on one value', 'ERR_YAML_SYNTAX', () => `a: ${'&a '.repeat(100_000)}1`),
  text('100,000 tags on one value', 'ERR_YAML_SYNTAX', () => `a: ${'!!str '.repeat(100_000)}1`),
  text('100,000 colons', 'ERR_YAML_SYNTAX', () => ': '.repeat(100_000)),
  text('100,000 brackets side by side', 'ERR_YAML_SYNTAX', () => `a: ${'[]'.repeat(100_000)}`),
  text('60,000 tagged values', 'ERR_UNSAFE_YAML', () => '- !a 1\n'.repeat(60_000)),
  text('a tagged value behind 50,000 words', 'ERR_YAML_SYNTAX', () => `a: [${'!b '.repeat(50_000)}1]`),
  text('50,000 keys that are the same', 'ERR_DUPLICATE_KEY', () => `a:\n${' k: 1\n'.repeat(50_000)}`),
  text('20,000 keys that are no text', 'ERR_UNSAFE_YAML', () => `a:\n${times(20_000, () => ' ? [x]\n : 1\n')}`),
  text('50,000 keys of prototypes', 'ERR_UNSAFE_YAML', () => `a:\n${times(50_000, () => ' __proto__: 1\n')}`),
  text('directives without end', 'ERR_YAML_SYNTAX', () => `${'%A\n'.repeat(60_000)}${sound}`),
  text('bytes that are no text', 'ERR_YAML_SYNTAX', () =>
    Uint8Array.from({ length: 65_536 }, (_, i) => (i * 167 + (i >> 8)) % 256),
  ),
  text('UTF-16', 'ERR_YAML_SYNTAX', () => Buffer.from(`\uFEFF${sound}`, 'utf16le')),
  text('zero bytes', 'ERR_YAML_SYNTAX', () => '\0'.repeat(100_000)),
  text('a quote that never closes', 'ERR_YAML_SYNTAX', () => `a: "${'x\n'.repeat(megabyte)}`),

  // Numbers
  text('1e15 images', 'ERR_BAD_OPTION', () => 'nodes: { a: { use: data/phantoms, with: { perClass: 1e15 } } }'),
  text(
    'images of 1e15 pixels a side',
    'ERR_BAD_OPTION',
    () => 'nodes: { a: { use: data/phantoms, with: { size: 1e15 } } }',
  ),
  text('1e999', 'ERR_WRONG_TYPE', () => 'nodes: { a: { use: data/phantoms, with: { perClass: 1e999 } } }'),
  text('a seed of 1e300', 'ERR_WRONG_TYPE', () => `seed: 1e300\n${sound}`),

  // Names and graphs
  text(
    '10,000 unknown operations',
    'ERR_UNKNOWN_OPERATION',
    () => `nodes:\n${times(10_000, (i) => `  n${i}: { use: ensembel/knnn${i} }\n`)}`,
  ),
  text(
    '30 unknown operations with names of 60,000 letters',
    'ERR_UNKNOWN_OPERATION',
    () => `nodes:\n${times(30, (i) => `  n${i}: { use: ensemble/${'k'.repeat(60_000)} }\n`)}`,
  ),
  text(
    '30 keys of 60,000 letters',
    'ERR_TOO_LARGE',
    () =>
      `nodes:\n${times(30, (i) => `  n${i}: { use: data/phantoms, with: { ? ${'perClass'.repeat(7500)} : 1 } }\n`)}`,
  ),
  text(
    'a cycle of 10,000 nodes',
    'ERR_CYCLE',
    () =>
      `nodes:\n${times(10_000, (i) => `  n${i}: { use: ensemble/standardize, in: { features: n${(i + 1) % 10_000} } }\n`)}`,
  ),
  text(
    'a chain of 10,000 nodes from nowhere',
    'ERR_MISSING_INPUT',
    () =>
      `nodes:\n${times(10_000, (i) => `  n${i}: { use: ensemble/standardize${i === 9999 ? '' : `, in: { features: n${i + 1} }`} }\n`)}`,
  ),
  text(
    'an input of 50,000 unknown nodes',
    'ERR_UNKNOWN_NODE',
    () => `nodes:\n  a: { use: ensemble/fuse, in: { features: [${times(50_000, (i) => `n${i}, `)}] } }\n`,
  ),
  text(
    'an input that names 50,000 times the same',
    'ERR_PORT_KIND',
    () =>
      `nodes:\n  n: { use: data/phantoms }\n  a: { use: ensemble/fuse, in: { features: [${'n, '.repeat(50_000)}] } }\n`,
  ),
  text(
    '50,000 outputs that are none',
    'ERR_UNKNOWN_NODE',
    () => `${sound}\noutputs: [${times(50_000, (i) => `n${i}, `)}]\n`,
  ),
  text(
    '30 lists of 4,000 wrong choices',
    'ERR_BAD_OPTION',
    () =>
      `nodes:\n${times(30, (i) => `  a${i}: { use: augment/expand, with: { operations: [${'x, '.repeat(4000)}] } }\n`)}`,
  ),
  text(
    'a list of 100,000 wrong choices',
    'ERR_BAD_OPTION',
    () => `nodes: { a: { use: augment/expand, with: { operations: [${'x, '.repeat(100_000)}] } } }`,
  ),

  // Files that extend files
  several('a chain of 300 files', 'ERR_EXTENDS', () => ({
    'pipeline.yaml': `extends: f0.yaml\n${sound}`,
    ...Object.fromEntries(
      Array.from({ length: 300 }, (_, i) => [`f${i}.yaml`, i === 299 ? sound : `extends: f${i + 1}.yaml\n`]),
    ),
  })),
  several('files that extend the next one ten times, twelve deep', 'ERR_EXTENDS', () => ({
    'pipeline.yaml': `extends: f0.yaml\n${sound}`,
    ...Object.fromEntries(
      Array.from({ length: 12 }, (_, i) => [`f${i}.yaml`, i === 11 ? sound : `extends: [${ten(`f${i + 1}.yaml`)}]\n`]),
    ),
  })),
  several('a file that extends another 50,000 times', 'ERR_EXTENDS', () => ({
    'pipeline.yaml': `extends: [${'base.yaml, '.repeat(50_000)}]\n${sound}`,
    'base.yaml': sound,
  })),

  // Overrides
  words('an override far behind the end of a list', 'ERR_BAD_OVERRIDE', ['--set', 'train.operations.4294967294=flip']),
  words('an override of an alias bomb', 'ERR_BAD_OVERRIDE', [
    '--set',
    `start.perClass=[&a [${ten('x')}], &b [${ten('*a')}], &c [${ten('*b')}], &d [${ten('*c')}], [${ten('*d')}]]`,
  ]),
  words('an override of 20,000 steps', 'ERR_BAD_OVERRIDE', ['--set', `start.with${'.a'.repeat(20_000)}=1`]),
  words('a profile of 60,000 letters', 'ERR_BAD_OVERRIDE', ['--profile', 'p'.repeat(60_000)]),
]
