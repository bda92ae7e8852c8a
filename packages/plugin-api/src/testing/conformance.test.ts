import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { catchError, concatMap, map, of, ReplaySubject, timer, toArray, type Observable } from 'rxjs'
import { Type } from 'typebox'
import { expect, test } from 'vitest'
import type { OperationContext } from '../context.js'
import type { Operation } from '../define-operation.js'
import type { Plugin } from '../define-plugin.js'
import { concatFeatures, type FeatureBatch } from '../payload/features.js'
import { mapRows } from '../streams/map-rows.js'
import { port } from '../port.js'
import { conformanceProblems, type ConformanceProblem } from './conformance.js'
import { someFeatures } from './fixtures.js'
import type { AskOpenFormats } from './open-formats-check.js'

const code = {
  run: ({ inputs }: { inputs: { features: Observable<FeatureBatch> } }) =>
    Promise.resolve({ features: inputs.features }),
}
const sound: Operation = {
  kind: 'combine',
  type: 'some/pass',
  summary: 'The rows as they came',
  cacheVersion: 1,
  options: Type.Object({ size: Type.Integer({ default: 1, description: 'Nothing' }) }, { additionalProperties: false }),
  inputs: { features: port.features('rows') },
  outputs: { features: port.features('the rows') },
  plan: () => ({ features: { numFeatures: 6 } }),
  load: () => Promise.resolve(code),
}
const given = () => ({ inputs: { features: someFeatures() } })

function problemsOf(more: Partial<Operation>, plugin: Partial<Plugin> = {}): Promise<readonly ConformanceProblem[]> {
  const operation: Operation = { ...sound, ...more }
  return conformanceProblems(
    { name: 'some', apiVersion: 1, operations: [operation], ...plugin },
    { cases: { [operation.type]: given } },
  )
}

test('a plugin that keeps every promise conforms, and leaves no folder', async () => {
  const folders = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('etsef-operation-'))
  const before = new Set(folders())
  expect(await problemsOf({})).toEqual([])
  const broken = await problemsOf({ load: () => Promise.resolve({ run: () => Promise.reject(new Error('no')) }) })
  expect(broken.length).toBeGreaterThan(0)
  expect(folders().filter((name) => !before.has(name))).toEqual([])
})

const object = { additionalProperties: false }
type Given = Parameters<typeof code.run>[0] & { readonly ctx: OperationContext }
const loading = (run: (args: Given) => unknown): Partial<Operation> => ({
  load: () => Promise.resolve({ run: (args: Given) => Promise.resolve(run(args)) }),
})

/** Each breaks one promise; those about rows, numbers, pixels and inputs have their plugins in `test/bad-plugins`. */
const broken: readonly (readonly [check: string, operation: Partial<Operation>, plugin?: Partial<Plugin>])[] = [
  ['is written against this contract', {}, { apiVersion: 99 }],
  ['describes itself, its options and its ports', { summary: '' }],
  [
    'describes itself, its options and its ports',
    { options: Type.Object({ size: Type.Integer({ default: 1 }) }, object) },
  ],
  ['describes itself, its options and its ports', { inputs: { features: port.features('') } }],
  ['refuses an unknown option', { options: Type.Object({}, { ...object, patternProperties: { '.': {} } }) }],
  ['loads code with the functions of its kind', { rows: 'nothing' }],
  ['learns nothing from test rows', { fitOn: ['test'] as never }],
  ['gives what was planned', { plan: () => ({ features: { numFeatures: 7 } }) }],
  ['says what its models are', { outputs: { ...sound.outputs, model: port.model('what was learned') } }],
  [
    'gives what was planned',
    {
      outputs: { model: port.model('trees', { modelKind: 'classifier', algorithm: 'trees' }) },
      plan: () => ({ model: { modelKind: 'network' } }),
      load: () =>
        Promise.resolve({
          run: ({ ctx }: { ctx: OperationContext }) =>
            Promise.resolve({ model: { kind: 'model', dir: ctx.outputDir('model') } }),
        }),
    },
  ],
  ['gives what was planned', { plan: ({ issue }) => (issue('size', 'no'), {}) }],
  [
    'gives its declared outputs as the runner takes them, and leaves its inputs alone',
    loading(({ inputs }) => ({ features: inputs.features, more: inputs.features })),
  ],
  [
    'passes an upstream error through',
    loading(({ inputs }) => ({
      features: inputs.features.pipe(catchError(() => of(someFeatures({ numSamples: 1 })))),
    })),
  ],
  [
    'gives the same bytes for the same seed',
    (() => {
      let numRuns = 0
      return loading(({ inputs }) => {
        const shift = 1e-7 * ++numRuns
        return {
          features: inputs.features.pipe(
            map((batch) => ({ ...batch, features: batch.features.map((value) => value + shift) })),
          ),
        }
      })
    })(),
  ],
]

const held = (holdsBatches: number | undefined, run: (inputs: Given['inputs']) => Observable<FeatureBatch>) =>
  conformanceProblems(
    {
      name: 'some',
      apiVersion: 1,
      operations: [{ ...sound, ...loading(({ inputs }) => ({ features: run(inputs) })) }],
    },
    {
      cases: {
        [sound.type]: () => ({ ...given(), ...(holdsBatches === undefined ? {} : { holdsBatches }) }),
      },
    },
  )
const doubled = (batch: FeatureBatch): FeatureBatch => ({
  ...batch,
  features: batch.features.map((value) => 2 * value),
})
const whole = ({ features }: Given['inputs']): Observable<FeatureBatch> => features.pipe(toArray(), map(concatFeatures))

test('what streams holds few batches of its input, and what collects holds all: where the case says, it must hold', async () => {
  expect(await held(6, ({ features }) => features.pipe(mapRows(doubled)))).toEqual([])
  expect(await held(undefined, whole)).toEqual([])
  const [problem] = await held(6, whole)
  expect(problem).toMatchObject({
    check: 'leaves its inputs when it is left, and holds no more batches of them than its case says',
    error: { received: '40 of 40' },
  })
})

test('an operation that reads on after it was left is found', async () => {
  const stubborn = ({ features }: Given['inputs']): Observable<FeatureBatch> => {
    const subject = new ReplaySubject<FeatureBatch>()
    features.pipe(concatMap((batch) => timer(20).pipe(map(() => batch)))).subscribe(subject)
    return subject
  }
  const problems = await held(undefined, stubborn)
  expect(problems.map(({ check }) => check)).toEqual([
    'leaves its inputs when it is left, and holds no more batches of them than its case says',
  ])
})

test.for([false, () => false])('an operation that draws nothing is given no seed: declared as %s', async (draws) => {
  const [problem] = await problemsOf({
    draws,
    ...loading(({ ctx }) => ctx.rng('x')),
  })
  expect(problem).toMatchObject({
    error: { code: 'ERR_PLUGIN', message: expect.stringMatching(/some\/pass asks for a seed, but/) as string },
  })
})
test.for([undefined, true, () => true])('an operation that draws is given one: declared as %s', async (draws) => {
  const drawing = loading(({ inputs, ctx }) => {
    ctx.rng('x').next()
    return { features: inputs.features }
  })
  expect(await problemsOf({ ...(draws === undefined ? {} : { draws }), ...drawing })).toEqual([])
})

test.for(broken)('%s: refused', async ([check, operation, plugin]) => {
  const problems = await problemsOf(operation, plugin)
  expect([...new Set(problems.map((problem) => problem.check))].slice(0, 1)).toEqual([check])
})

/** A map that gives rows as they came, and writes a file for other programs. */
const writing = (write: (dir: string) => void, ask?: AskOpenFormats): Promise<readonly ConformanceProblem[]> => {
  const operation: Operation = {
    ...sound,
    kind: 'map',
    rows: 'features',
    load: () =>
      Promise.resolve({
        open: () => Promise.resolve({ apply: (batch: FeatureBatch) => Promise.resolve({ features: batch }) }),
        writeOpenFormats: ({ dir }: { dir: string }) => {
          write(dir)
          return Promise.resolve()
        },
      }),
  }
  const withAsking = () => ({ ...given(), ...(ask ? { askOpenFormats: ask } : {}) })
  return conformanceProblems(
    { name: 'some', apiVersion: 1, operations: [operation] },
    { cases: { [operation.type]: withAsking } },
  )
}
const file =
  (name: string, text: string) =>
  (dir: string): void => {
    writeFileSync(join(dir, name), text)
  }
const plain = file('table.json', '{"columns":6}')
const echo: AskOpenFormats = (_, rows) => Promise.resolve({ features: (rows as FeatureBatch).features })

test('files for other programs that give the own answers conform', async () => {
  expect(await writing(plain)).toEqual([])
  expect(await writing(plain, echo)).toEqual([])
})

test.for<[string, RegExp, Parameters<typeof writing>]>([
  ['no file', /writes no file/, [() => undefined]],
  [
    'a folder',
    /"more" is no file/,
    [
      (dir) => {
        mkdirSync(join(dir, 'more'))
      },
    ],
  ],
  ['a format of nobody', /no format that is known/, [file('model.pickle', '')]],
  ['no JSON', /JSON/, [file('table.json', '{')]],
  ['the name of a row', /has the name of a row/, [file('table.json', JSON.stringify({ rows: someFeatures().ids }))]],
  [
    'other bytes each time',
    /other bytes when it is written again/,
    [
      (dir) => {
        file('table.json', JSON.stringify(dir))(dir)
      },
    ],
  ],
  [
    'other answers',
    /say something else than "features"/,
    [plain, (_, rows) => Promise.resolve({ features: (rows as FeatureBatch).features.map((each) => each + 1e-3) })],
  ],
  ['no answers', /finds no answers/, [plain, () => Promise.resolve({})]],
  ['answers of a port that is not there', /asks for "scores"/, [plain, () => Promise.resolve({ scores: [] })]],
])('files for other programs with %s are refused', async ([, message, [write, ask]]) => {
  const problems = await writing(write, ask)
  expect(problems.map(({ check }) => check)).toEqual([
    'writes for other programs the same bytes twice, no name of a row, and its own answers',
  ])
  expect(problems[0]!.error.message).toMatch(message)
})

test('an operation without a case needs a reason', async () => {
  const plugin: Plugin = { name: 'some', apiVersion: 1, operations: [sound] }
  const [problem] = await conformanceProblems(plugin, { cases: {} })
  expect(problem).toMatchObject({ check: 'has a case, or a reason, for every operation' })
  expect(await conformanceProblems(plugin, { cases: {}, untested: { 'some/pass': 'for the test' } })).toEqual([])
})
