import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createProject, tenStages, type CommandResult } from '../../test-fixtures/project.js'
import { checkSweep, type CheckedSweep } from './check-sweep.js'
import { checkPipeline } from '../run/check-pipeline.js'
import type { Stage } from '../plan/stages.js'
import { keyPipeline, type KeyedPipeline } from '../run/key-pipeline.js'
import { readJournal } from './journal.js'
import { mergeTrials } from './merge-trials.js'
import { overrideText } from './trial.js'

const project = createProject()
afterAll(() => {
  project.remove()
})

/** `vote` joins three scaled branches; `alone` takes one. */
project.write(
  'pipelines/toy.yaml',
  `${tenStages}  c: { use: toy/scale, in: { features: split }, with: { factor: 5 } }
  three: { use: toy/join, in: { features: [a, b, c] } }
  ofThree: { use: toy/nearest, in: { features: three } }
  scoreOfThree: { use: toy/score, in: { predictions: ofThree } }
`,
)

const write = (name: string, text: string): string => {
  project.write(`sweeps/${name}`, `pipeline: ../pipelines/toy.yaml\n${text}`)
  return `sweeps/${name}`
}
const check = (file: string) => checkSweep({ file, cwd: project.dir, storeDir: join(project.dir, '.etsef') })
const trialsOf = async (name: string, text: string) => {
  const { trials, problems } = await check(write(name, text))
  expect(problems.map(String)).toEqual([])
  return trials
}
const problemsOf = async (text: string) => {
  const { problems } = await check(write('wrong.yaml', text))
  return problems.map(({ code, place, message }) => ({
    code,
    at: `${String(place?.line)}:${String(place?.column)}`,
    message,
  }))
}

describe('the trials of a sweep', () => {
  test('of a grid every combination, of zip what goes together, of a union one after the other', async () => {
    const trials = await trialsOf(
      'grid.yaml',
      `base: { vars.n: 20 }
grid: { centred.k: [1, 2], seed: [3, 4] }
union:
  - zip: { a.factor: [1, 2], b.factor: [10, 20] }
  - base: { a.use: toy/trouble }
exclude: [{ centred.k: 1, seed: 4 }]
`,
    )
    expect(trials).toHaveLength((2 * 2 - 1) * (2 + 1))
    expect(trials.map(({ factors }) => Object.values(factors).join(' '))).toEqual([
      '1 3 1 10',
      '1 3 2 20',
      '1 3 toy/trouble',
      '2 3 1 10',
      '2 3 2 20',
      '2 3 toy/trouble',
      '2 4 1 10',
      '2 4 2 20',
      '2 4 toy/trouble',
    ])
    expect(trials[0]?.settings.map(({ path, value }) => [path, value])).toEqual([
      ['a.factor', 1],
      ['b.factor', 10],
      ['centred.k', 1],
      ['seed', 3],
      ['vars.n', 20],
    ])
  })

  test('a label stands for what a block sets', async () => {
    const trials = await trialsOf(
      'label.yaml',
      `union:
  - { label: few columns, base: { centred.k: 1 }, grid: { a.factor: [1, 2] } }
  - { base: { centred.k: 2 } }
`,
    )
    expect(trials.map(({ factors }) => factors)).toEqual([
      { variant: 'few columns', 'a.factor': '1' },
      { variant: 'few columns', 'a.factor': '2' },
      { 'centred.k': '2' },
    ])
  })

  test('a trial is known by its overrides, wherever and in whatever order they are written', async () => {
    const [first] = await trialsOf('one.yaml', 'base: { seed: 9 }\ngrid: { centred.k: [2], a.factor: [7] }\n')
    const [second] = await trialsOf('other.yaml', 'zip: { a.factor: [7], seed: [9] }\nbase: { centred.k: 2 }\n')
    expect(second?.id).toBe(first?.id)
    const [third] = await trialsOf('third.yaml', 'base: { seed: 9, centred.k: 2, a.factor: 8 }\n')
    expect(third?.id).not.toBe(first?.id)
  })

  test('repeats multiply, and distinguish no row', async () => {
    const trials = await trialsOf('repeat.yaml', 'grid: { centred.k: [1, 2] }\nrepeat: { seeds: [1, 2, 3] }\n')
    expect(trials).toHaveLength(6)
    expect(trials.map(({ repeat }) => repeat['seed'])).toEqual(['1', '2', '3', '1', '2', '3'])
    expect(new Set(trials.map(({ factors }) => JSON.stringify(factors))).size).toBe(2)
  })

  test('a node left out leaves an input of many', async () => {
    const trials = await trialsOf('ablate.yaml', 'ablate: { nodes: [a, b, c], from: three.features }\n')
    expect(trials.map(({ factors }) => factors['ablate'])).toEqual(['all', 'without a', 'without b', 'without c'])
    expect(trials.map(({ settings }) => settings.map(({ path, value }) => [path, value]))).toEqual([
      [],
      [['three.in.features', ['b', 'c']]],
      [['three.in.features', ['a', 'c']]],
      [['three.in.features', ['a', 'b']]],
    ])
    const only = await trialsOf(
      'only.yaml',
      'ablate: { nodes: [a, b, c], from: three.features, mode: only-one, baseline: false }\n',
    )
    expect(only.map(({ settings }) => settings[0]?.value)).toEqual([['a'], ['b'], ['c']])
  })
})

describe('what varies only sometimes, or by chance', () => {
  const shown = (trials: Awaited<ReturnType<typeof trialsOf>>) =>
    trials.map(({ settings }) => Object.fromEntries(settings.map(({ path, value }) => [path, value])))

  test('"when" varies further in the trials that have certain settings', async () => {
    const trials = await trialsOf(
      'when.yaml',
      `grid: { centred.k: [1, 2] }
when:
  - if: { centred.k: 2 }
    grid: { a.factor: [3, 4] }
  - if: { a.factor: 4 }
    base: { b.factor: 5 }
`,
    )
    expect(shown(trials)).toEqual([
      { 'centred.k': 1 },
      { 'centred.k': 2, 'a.factor': 3 },
      { 'centred.k': 2, 'a.factor': 4, 'b.factor': 5 },
    ])
  })

  test('"include" adds trials, and what is excluded does not concern them', async () => {
    const trials = await trialsOf(
      'include.yaml',
      `base: { vars.n: 20 }
grid: { centred.k: [1, 2], a.factor: [1, 2] }
exclude: [{ centred.k: 2 }]
include: [{ centred.k: 2, b.factor: 9 }]
`,
    )
    expect(shown(trials)).toEqual([
      { 'vars.n': 20, 'centred.k': 1, 'a.factor': 1 },
      { 'vars.n': 20, 'centred.k': 1, 'a.factor': 2 },
      { 'vars.n': 20, 'centred.k': 2, 'b.factor': 9 },
    ])
    expect(await trialsOf('only.yaml', 'include: [{ centred.k: 1 }, { centred.k: 2 }]\n')).toHaveLength(2)
  })

  test('"random" draws different combinations by its seed, and more draws leave the first ones', async () => {
    const draw = async (n: number, seed: number) =>
      shown(
        await trialsOf(
          'random.yaml',
          `random: { n: ${n}, seed: ${seed}, values: { centred.k: [1, 2], a.factor: { min: 0.01, max: 100, scale: log }, vars.n: { min: 10, max: 12, integer: true } } }\n`,
        ),
      )
    const few = await draw(5, 1)
    const many = await draw(40, 1)
    expect(many.slice(0, 5)).toEqual(few)
    expect(await draw(5, 2)).not.toEqual(few)
    expect(new Set(many.map((row) => row['vars.n']))).toEqual(new Set([10, 11, 12]))
    const factors = many.map((row) => Number(row['a.factor']))
    expect(factors.every((factor) => factor >= 0.01 && factor <= 100)).toBe(true)
    // By their logarithms half of them are below 1, not a hundredth.
    expect(factors.filter((factor) => factor < 1).length).toBeGreaterThan(10)
  })

  test('mistakes in them are told in one pass', async () => {
    expect(
      await problemsOf(
        `grid: { centred.k: [1, 2] }
when: [{ if: { centred.k: 3 }, base: { a.factor: 2 } }, { if: { centred.n: 3 }, base: {} }, { grid: { a.factor: [1] } }]
random: { n: 9, seed: 1, values: { b.factor: [1, 2], a.factor: { min: 2, max: 1 } } }
union: [{ random: { n: 3, seed: 1, values: { b.factor: [1, 2] } } }, { random: { n: 1000000, values: { b.factor: [1] } } }]
`,
      ),
    ).toEqual([
      { code: 'ERR_SWEEP', at: '3:10', message: 'This holds in no trial' },
      { code: 'ERR_UNKNOWN_KEY', at: '3:76', message: '"when" names "centred.n", which is not varied' },
      { code: 'ERR_SWEEP', at: '3:87', message: '"base" is empty' },
      { code: 'ERR_MISSING_OPTION', at: '3:93', message: 'The clause does not say in which trials it holds' },
      { code: 'ERR_BAD_OPTION', at: '4:64', message: 'The range of "a.factor" cannot be drawn from' },
      { code: 'ERR_SWEEP', at: '5:11', message: '"random" finds 2 different combinations, not 3' },
      { code: 'ERR_MISSING_OPTION', at: '5:72', message: '"random" has no "seed"' },
      { code: 'ERR_TOO_LARGE', at: '5:85', message: '"n" of "random" is not a number of trials' },
    ])
  })

  test('a sweep that becomes too large only where something holds is refused', async () => {
    const hundred = JSON.stringify(Array.from({ length: 100 }, (_, index) => index + 1))
    const text = `grid: { a.factor: ${hundred}, centred.k: [1, 2] }\nwhen: [{ if: { centred.k: 1 }, grid: { b.factor: ${hundred} } }]\n`
    expect(await problemsOf(text)).toEqual([
      { code: 'ERR_TOO_LARGE', at: '1:1', message: 'The sweep has too many trials' },
    ])
  })
})

describe('a node that is left out', () => {
  test('is passed through where it is alone and reads one thing of the kind that it gives', async () => {
    const trials = await trialsOf('through.yaml', 'base: { centred.k: 1 }\nablate: { nodes: [centred, a] }\n')
    expect(
      trials.map(({ settings }) =>
        settings.filter(({ path }) => path !== 'centred.k').map(({ path, value }) => [path, value]),
      ),
    ).toEqual([
      [],
      [['near.in.features', 'both']],
      [
        ['both.in.features', ['b']],
        ['three.in.features', ['b', 'c']],
      ],
    ])
    const only = await trialsOf(
      'through-only.yaml',
      'base: { centred.k: 1 }\nablate: { nodes: [a, centred], mode: only-one, baseline: false }\n',
    )
    expect(
      only.map(({ settings }) =>
        settings.filter(({ path }) => path !== 'centred.k').map(({ path, value }) => [path, value]),
      ),
    ).toEqual([
      [['near.in.features', 'both']],
      [
        ['both.in.features', ['b']],
        ['three.in.features', ['b', 'c']],
      ],
    ])
  })
})

/** Stages of the nodes, and of what they need. */
function neededStages(stages: KeyedPipeline['stages'], nodes: readonly string[]): readonly Stage[] {
  const needed = new Set(nodes)
  const found = [...stages.values()].toReversed().filter(({ node, inputs }) => {
    if (needed.has(node)) for (const { stage } of inputs) needed.add(stages.get(stage)!.node)
    return needed.has(node)
  })
  return found.reverse()
}

describe('trials share what is the same in them', () => {
  const varied = `base: { vars.n: 20 }
grid: { centred.k: [1, 2], vars.n: [10, 20] }
ablate: { nodes: [a, b, c], from: three.features }
repeat: { seeds: [1, 2] }
`
  test('a node with all that is upstream of it is checked once', async () => {
    const sweep = (await check(write('shared.yaml', varied))) as CheckedSweep
    const numDistinct = (id: string): number =>
      new Set([...sweep.pipelines.values()].map(({ graph }) => graph.ancestries.get(id))).size
    // Two seeds and two sizes of the data; what reads "three" in four variants; two numbers of columns kept.
    expect(['points', 'a', 'three', 'scoreOfThree', 'centred'].map(numDistinct)).toEqual([4, 4, 16, 16, 8])
  })

  test('and has the keys that it has alone', async () => {
    const keyed = await mergeTrials((await check(write('shared.yaml', varied))) as CheckedSweep)
    for (const { trial, stageOf } of keyed.members.filter((_, index) => index % 5 === 0)) {
      const alone = await keyPipeline(
        await checkPipeline({
          file: 'pipelines/toy.yaml',
          cwd: project.dir,
          storeDir: join(project.dir, '.etsef'),
          overrides: trial.settings.map(overrideText),
        }),
      )
      const wanted = alone.graph.wanted.filter((node) => keyed.sweep.basis.graph.wanted.includes(node))
      expect([...stageOf].map(([own, id]) => [own, keyed.union.stages.get(id)?.key])).toEqual(
        neededStages(alone.stages, wanted).map(({ id, key }) => [id, key]),
      )
    }
  })

  test('a problem of one trial is that of every trial that has it, and of no other', async () => {
    const sweep = (await check(
      write('shared.yaml', 'grid: { centred.k: [1, 99], a.factor: [1, 2] }\n'),
    )) as CheckedSweep
    const numProblems = sweep.trials.map(({ id }) => sweep.pipelines.get(id)?.problems.length)
    expect(numProblems).toEqual([0, 0, 1, 1])
  })
})

describe('what is wrong is told in one pass, where it stands', () => {
  test('form, names and values', async () => {
    expect(
      await problemsOf(
        `grit: { centred.k: [1] }
grid: { centred.k: [], a.factor: 3 }
zip: { a.factor: [1, 2], b.factor: [1] }
ablate: { nodes: [a, bb], mode: leave-two-out, from: three.feature }
repeat: { seeds: [], splits: 3 }
`,
      ),
    ).toEqual([
      { code: 'ERR_UNKNOWN_KEY', at: '2:1', message: 'Unknown key "grit" in the sweep' },
      { code: 'ERR_SWEEP', at: '3:20', message: '"centred.k" has no values' },
      { code: 'ERR_WRONG_TYPE', at: '3:34', message: 'The values of "a.factor" are not a list' },
      { code: 'ERR_SWEEP', at: '4:37', message: 'The lists of "zip" are of unequal length' },
      { code: 'ERR_UNKNOWN_NODE', at: '5:22', message: 'There is no node "bb" to leave out' },
      { code: 'ERR_BAD_OPTION', at: '5:33', message: '"leave-two-out" is no mode of an ablation' },
      { code: 'ERR_UNKNOWN_PORT', at: '5:54', message: '"three.feature" is not an input that takes many' },
      { code: 'ERR_SWEEP', at: '6:18', message: '"seed" has no values' },
      { code: 'ERR_SWEEP', at: '6:30', message: 'No node of the pipeline splits by a seed of its own' },
    ])
  })

  test('each override by the schema of the operation it is for', async () => {
    expect(await problemsOf('grid: { centred.k: [1, "two"], nobody.x: [1], a.facto: [2] }\n')).toEqual([
      { code: 'ERR_WRONG_TYPE', at: '2:24', message: expect.stringContaining('"k" of node "centred"') as string },
      { code: 'ERR_UNKNOWN_NODE', at: '2:43', message: 'There is no node "nobody" to set' },
      { code: 'ERR_UNKNOWN_KEY', at: '2:57', message: expect.stringContaining('"facto" of node "a"') as string },
    ])
    expect(await problemsOf('grid: { centred.k: [1, 99] }\n')).toEqual([
      { code: 'ERR_BAD_OPTION', at: '2:24', message: expect.stringContaining('more columns than there are') as string },
    ])
  })

  test('a node that an input needs alone cannot be left out', async () => {
    expect(await problemsOf('ablate: { nodes: [split, centred, scores] }\n')).toEqual([
      {
        code: 'ERR_SWEEP',
        at: '2:19',
        message: '"split" cannot be left out: input "features" of "a" takes nothing else',
      },
      {
        code: 'ERR_SWEEP',
        at: '2:19',
        message: '"split" cannot be left out: input "features" of "b" takes nothing else',
      },
      {
        code: 'ERR_SWEEP',
        at: '2:19',
        message: '"split" cannot be left out: input "features" of "c" takes nothing else',
      },
      { code: 'ERR_SWEEP', at: '2:35', message: '"scores" cannot be left out: nothing that is wanted reads it' },
    ])
  })

  test('a trial twice, what excludes nothing, and too many', async () => {
    expect(await problemsOf('grid: { centred.k: [1, 2, 1] }\nexclude: [{ centred.k: 3 }, { centred.n: 1 }]\n')).toEqual(
      [
        { code: 'ERR_SWEEP', at: '2:27', message: expect.stringContaining('is there twice') as string },
        { code: 'ERR_SWEEP', at: '3:11', message: 'This excludes no trial' },
        { code: 'ERR_UNKNOWN_KEY', at: '3:42', message: '"exclude" names "centred.n", which is not varied' },
      ],
    )
    const hundred = JSON.stringify(Array.from({ length: 100 }, (_, index) => index + 1))
    const million = `grid: { a.factor: ${hundred}, b.factor: ${hundred}, vars.n: ${hundred} }\n`
    expect(await problemsOf(million)).toEqual([
      { code: 'ERR_TOO_LARGE', at: '1:1', message: 'The sweep has too many trials' },
    ])
  })

  test('a pipeline that is not there', async () => {
    project.write('sweeps/lost.yaml', 'pipeline: ../pipelines/nobody.yaml\ngrid: { seed: [1] }\n')
    const { problems } = await check('sweeps/lost.yaml')
    expect(problems).toMatchObject([
      { code: 'ERR_MISSING_FILE', place: { file: 'sweeps/lost.yaml', line: 1, column: 11 } },
    ])
  })
})

interface Event {
  readonly type: string
  readonly stage?: string
  readonly outcome?: string
}
const eventsOf = ({ stdout }: CommandResult): readonly Event[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Event)
const computedIn = (result: CommandResult): readonly string[] =>
  eventsOf(result).flatMap(({ type, stage, outcome }) =>
    type === 'stage-finished' && outcome === 'done' ? [stage!] : [],
  )

describe('a run of a sweep', () => {
  const text = `name: twenty
base: { outputs: [scores, scoreOfThree] }
grid: { centred.k: [1, 2, 3] }
ablate: { nodes: [a, b, c], from: three.features }
repeat: { seeds: [1, 2] }
`
  let first: CommandResult
  let numDistinct = 0
  beforeAll(async () => {
    const file = write('twenty.yaml', text)
    const keyed = await mergeTrials((await check(file)) as CheckedSweep)
    numDistinct = new Set([...keyed.union.stages.values()].map(({ key }) => key)).size
    expect(keyed.sweep.trials).toHaveLength(24)
    expect(keyed.union.stages.size).toBe(numDistinct)
    first = await project.etsef('sweep', 'run', file, '--log', 'json', '--jobs', '2')
  })

  test('computes each distinct key once', () => {
    expect(first.code).toBe(0)
    const started = eventsOf(first).filter(({ type }) => type === 'stage-started')
    expect(started.length / numDistinct).toBe(1)
    expect(computedIn(first)).toHaveLength(numDistinct)
    // Of each of the two seeds: source and split, three branches, and what follows; without c, the rows joined are those of "both".
    expect(numDistinct).toBe(2 * (2 + 3 + 1 + 3 * 5 + (4 * 4 - 1)))
  })

  test('of an edited grid, only what is new', async () => {
    const file = write('twenty.yaml', text.replace('[1, 2, 3]', '[1, 2, 3, 4]'))
    const again = await project.etsef('sweep', 'run', file, '--log', 'json')
    expect(again.code).toBe(0)
    // Four columns kept, for two seeds: five stages below the joined rows.
    expect(
      computedIn(again)
        .map((id) => id.replace(/@[^:]*/, ''))
        .sort(),
    ).toEqual(['centred:apply', 'centred:fit', 'near:apply', 'near:fit', 'scores'].flatMap((id) => [id, id]))
    const journal = project.read('.etsef/sweeps/twenty/journal.jsonl').trim().split('\n')
    // With a line for each time that it was begun.
    expect(journal).toHaveLength(1 + 24 + 1 + 8)
    expect(computedIn(await project.etsef('sweep', 'run', file, '--log', 'json'))).toEqual([])
    expect(project.read('.etsef/sweeps/twenty/journal.jsonl').trim().split('\n')).toHaveLength(35)
  })

  test('gives what each trial gives alone', async () => {
    const [entry] = [...readJournal(join(project.dir, '.etsef'), 'twenty').values()].slice(-1)
    const result = JSON.parse(project.read(`.etsef/sweeps/twenty/${entry!.metrics!}`)) as {
      readonly keys: Readonly<Record<string, string>>
      readonly metrics: Readonly<Record<string, number>>
    }
    const alone = await project.run('pipelines/toy.yaml', {
      request: {
        storeDir: join(project.dir, 'alone'),
        overrides: Object.entries(entry!.overrides).map(([path, value]) => `${path}=${JSON.stringify(value)}`),
      },
    })
    const keys = Object.entries(result.keys)
    expect(keys.map(([id]) => id)).toEqual(['scores', 'scoreOfThree'])
    for (const [id, key] of keys) {
      expect(alone.record.stages[id]?.key).toBe(key)
      expect(alone.record.stages[id]?.metrics).toEqual({ accuracy: result.metrics[`${id}.accuracy`] })
    }
  })

  test('its table has a row for each choice, and differences to a baseline', async () => {
    const file = 'sweeps/twenty.yaml'
    const { stdout, code } = await project.etsef(
      ...[
        'table',
        file,
        '--metric',
        'scoreOfThree.accuracy',
        '--group-by',
        'ablate',
        '--baseline',
        'ablate=all',
        '--json',
      ],
    )
    expect(code).toBe(0)
    const { rows } = JSON.parse(stdout) as { readonly rows: readonly Record<string, unknown>[] }
    expect(rows.map(({ group, numRepeats, isBaseline }) => [group, numRepeats, isBaseline])).toEqual(
      ['all', 'without a', 'without b', 'without c'].map((ablate) => [{ ablate }, 8, ablate === 'all']),
    )
    expect(rows[1]?.['difference']).toMatchObject({ mean: 0 })
    const wrong = await project.etsef('table', file, '--metric', 'acuracy')
    expect(wrong.code).toBe(2)
    expect(wrong.stdout).toContain('No trial has a figure "acuracy"')
  })

  test('a trial that fails keeps its log, and the others go on', async () => {
    project.write(
      'pipelines/trouble.yaml',
      'primaryMetric: accuracy\nnodes:\n  points: { use: toy/points, with: { numSamples: 20 } }\n  split: { use: toy/split-features, in: { features: points } }\n  node: { use: toy/trouble, in: { features: split } }\n  near: { use: toy/nearest, in: { features: node } }\n  scores: { use: toy/score, in: { predictions: near } }\n',
    )
    project.write('sweeps/fail.yaml', 'pipeline: ../pipelines/trouble.yaml\ngrid: { node.mode: [throw, none, peek] }\n')
    const { code, stdout } = await project.etsef('sweep', 'run', 'sweeps/fail.yaml')
    expect(code).toBe(1)
    expect(stdout).toContain('3 trials: 2 ok, 1 failed')
    const entries = [...readJournal(join(project.dir, '.etsef'), 'fail').values()]
    expect(entries.map(({ state, overrides }) => [overrides['node.mode'], state]).sort()).toEqual([
      ['none', 'ok'],
      ['peek', 'ok'],
      ['throw', 'failed'],
    ])
    const failed = entries.find(({ state }) => state === 'failed')!
    expect(failed.error).toContain('boom')
    expect(readFileSync(failed.log!, 'utf8')).toContain('boom')
    const status = await project.etsef('sweep', 'status', 'sweeps/fail.yaml', '--json')
    expect(JSON.parse(status.stdout)).toMatchObject({ trials: [{ state: 'failed' }, { state: 'ok' }, { state: 'ok' }] })
    expect((await project.etsef('table', 'sweeps/fail.yaml')).stderr).toContain('1 of 3 trials are not done')
  })

  test('what is behind after some repeats is given up, and the journal says why', async () => {
    const file = write(
      'prune.yaml',
      `base: { outputs: [scores] }
grid: { centred.k: [1, 2, 3, 4] }
repeat: { seeds: [1, 2, 3, 4] }
prune: { rule: halving, after: 1, metric: scores.accuracy }
`,
    )
    const first = await project.etsef('sweep', 'run', file, '--json')
    expect(first.code).toBe(0)
    const { trials } = JSON.parse(first.stdout) as { trials: Record<string, string> }
    const count = (state: string) => Object.values(trials).filter((each) => each === state).length
    // One repeat of four, a second of two, the other two of one.
    expect([count('ok'), count('pruned')]).toEqual([4 + 2 + 2, 8])
    const pruned = [...readJournal(join(project.dir, '.etsef'), 'prune').values()].filter(
      ({ state }) => state === 'pruned',
    )
    expect(pruned).toHaveLength(8)
    expect(pruned[0]?.reason).toMatch(/^halving: \d\.\d{4} after 1 of 4 repeats$/)
    const status = await project.etsef('sweep', 'status', file)
    expect(status.stdout).toContain('8 ok')
    expect(status.stdout).toContain('8 pruned')
    const lines = () => project.read('.etsef/sweeps/prune/journal.jsonl').trim().split('\n').length
    const numBefore = lines()
    const again = await project.etsef('sweep', 'run', file, '--json')
    expect(JSON.parse(again.stdout)).toMatchObject({ trials, done: 0 })
    // Nothing but that it was begun again.
    expect(lines()).toBe(numBefore + 1)
  })

  test('pruning needs repeats, and words that are known', async () => {
    expect(await problemsOf('grid: { centred.k: [1, 2] }\nprune: { rule: best, after: 0 }\n')).toEqual([
      { code: 'ERR_SWEEP', at: '3:1', message: expect.stringContaining('nothing to prune') as string },
      { code: 'ERR_BAD_OPTION', at: '3:16', message: '"best" is no "rule" of a pruning' },
      { code: 'ERR_BAD_OPTION', at: '3:29', message: '"after" is not a number of repeats' },
    ])
  })

  test('one that was cancelled from another terminal is resumed: what was begun, and nothing that is new', async () => {
    project.write(
      'pipelines/slow.yaml',
      'primaryMetric: accuracy\nnodes:\n  points: { use: toy/points, with: { numSamples: 20 } }\n  split: { use: toy/split-features, in: { features: points } }\n  node: { use: toy/trouble, in: { features: split }, with: { mode: none } }\n  scaled: { use: toy/scale, in: { features: node } }\n  near: { use: toy/nearest, in: { features: scaled } }\n  scores: { use: toy/score, in: { predictions: near } }\n',
    )
    const file = 'sweeps/slow.yaml'
    const text = (factors: string) =>
      `pipeline: ../pipelines/slow.yaml\nbase: { node.mode: hang }\ngrid: { scaled.factor: [${factors}] }\n`
    project.write(file, text('1, 2'))
    expect((await project.etsef('sweep', 'resume', file)).stdout).toContain('that could be resumed')
    expect((await project.etsef('sweep', 'cancel', file)).stdout).toContain('No run of')
    const running = project.etsef('sweep', 'run', file)
    const isBegun = async () => (await project.etsef('runs')).stdout.includes(file)
    while (!(await isBegun())) await new Promise((resolve) => setTimeout(resolve, 100))
    const cancelled = await project.etsef('sweep', 'cancel', file)
    expect(cancelled.stdout).toContain('is cancelled')
    expect((await running).code).toBe(130)
    const states = async () => {
      const { stdout } = await project.etsef('sweep', 'status', file, '--json')
      return (JSON.parse(stdout) as { trials: { state: string }[] }).trials.map(({ state }) => state)
    }
    expect(await states()).toEqual(['interrupted', 'interrupted'])
  })

  test('resume leaves what is new in the file, and what failed, to run', async () => {
    const file = 'sweeps/resume.yaml'
    const text = (modes: string) => `pipeline: ../pipelines/trouble.yaml\ngrid: { node.mode: [${modes}] }\n`
    project.write(file, text('throw, none'))
    expect((await project.etsef('sweep', 'run', file)).code).toBe(1)
    project.write(file, text('throw, none, peek'))
    const { stdout } = await project.etsef('sweep', 'resume', file, '--json')
    expect(Object.values((JSON.parse(stdout) as { trials: Record<string, string> }).trials)).toEqual(['ok'])
  })

  test('a result of a pipeline that was edited since, or of another one, is not shown as one of this', async () => {
    const states = async () => {
      const { stdout } = await project.etsef('sweep', 'status', 'sweeps/stale.yaml', '--json')
      return (JSON.parse(stdout) as { trials: { state: string }[] }).trials.map(({ state }) => state)
    }
    const pipeline = (seed: number) =>
      project.write(
        'pipelines/stale.yaml',
        `seed: ${seed}\nprimaryMetric: accuracy\nnodes:\n  points: { use: toy/points, with: { numSamples: 20 } }\n  split: { use: toy/split-features, in: { features: points } }\n  scaled: { use: toy/scale, in: { features: split } }\n  near: { use: toy/nearest, in: { features: scaled } }\n  scores: { use: toy/score, in: { predictions: near } }\n`,
      )
    pipeline(1)
    project.write('sweeps/stale.yaml', 'pipeline: ../pipelines/stale.yaml\ngrid: { scaled.factor: [1, 2] }\n')
    expect((await project.etsef('sweep', 'run', 'sweeps/stale.yaml')).code).toBe(0)
    expect(await states()).toEqual(['ok', 'ok'])
    expect((await project.etsef('table', 'sweeps/stale.yaml')).code).toBe(0)

    pipeline(2)
    expect(await states()).toEqual(['outdated', 'outdated'])
    const table = await project.etsef('table', 'sweeps/stale.yaml')
    expect(table.code).toBe(2)
    expect(table.stdout).toContain('2 have results of an earlier pipeline, data or code')

    pipeline(1)
    expect(await states()).toEqual(['ok', 'ok'])
  })

  test('a store that cannot be written is said at once, and nothing is begun', async () => {
    const file = write('unwritable.yaml', 'grid: { centred.k: [1, 2] }\n')
    const blocked = project.write('no-folder', 'a file')
    const { code, stdout } = await project.etsef(
      'sweep',
      'run',
      file,
      '--store',
      join(blocked, 'store'),
      '--log',
      'json',
    )
    expect(code).not.toBe(0)
    expect(stdout).toContain('ERR_STORE')
    expect(stdout).not.toContain('stage-started')
    expect(project.read('no-folder')).toBe('a file')
  })

  test('its record cannot be replayed as one pipeline, and says so', async () => {
    const { stdout } = await project.etsef('runs', '--json')
    const [{ run }] = JSON.parse(stdout) as [{ readonly run: string }]
    const replayed = await project.etsef('replay', run)
    expect(replayed.code).toBe(2)
    expect(replayed.stdout).toContain('that of a sweep')
  })
})
