import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createProject, tenStages } from '../../test-fixtures/project.js'

const project = createProject()
afterAll(() => {
  project.remove()
})
beforeAll(async () => {
  project.write('toy.yaml', tenStages)
  project.write('broken.yaml', tenStages.replace('k: 4', 'kk: 4'))
  project.write(
    'failing.yaml',
    'nodes:\n  points: { use: toy/points }\n  bad: { use: toy/trouble, in: { features: points }, with: { mode: throw } }\n',
  )
  expect((await project.etsef('run', 'toy.yaml')).code).toBe(0)
})

// Below /proc nothing can be made, and the system says that something is missing: not a reason to try for ever.
describe.skipIf(!existsSync('/proc/self/status'))('a path that cannot be written', () => {
  test.each([
    ['run', 'toy.yaml'],
    ['graph', 'toy.yaml'],
    ['resolve', 'toy.yaml'],
    ['export', '--to', 'tensorboard'],
    ['export', '--to', 'mlflow'],
    ['export', '--to', 'parquet'],
    ['export', '--to', 'csv'],
    ['bundle', 'last'],
    ['predict', 'last', '.'],
  ])('is named: %s %s', async (...words) => {
    for (const out of ['/proc/etsef/out', '/proc/etsef.out', '/dev/null/out']) {
      const { code, stderr } = await project.etsef(...words, '--out', out)
      expect([code, stderr]).toEqual([2, expect.stringContaining(`etsef: --out ${out}: E`)])
    }
  })

  test.each(['/proc/etsef/deep/store', '/proc/etsef', '/dev/null/store'])('is named: run --store %s', async (store) => {
    const { code, stdout } = await project.etsef('run', 'toy.yaml', '--store', store)
    expect([code, stdout]).toEqual([
      1,
      expect.stringMatching(/^ERR_STORE.*\n"\/(proc\/etsef|dev\/null).*cannot be written/),
    ])
  })
})

describe('run', () => {
  test('prints the table of the report and where it lies', async () => {
    const { stdout, code } = await project.etsef('run', 'toy.yaml', '--out', 'reports')
    expect(code).toBe(0)
    expect(stdout).toContain('model    accuracy\n───────  ────────\nnearest     1.000')
    expect(stdout).toContain('scores: reports/scores')
    expect(JSON.parse(project.read('reports/scores/metrics.json'))).toMatchObject({ accuracy: 1 })
  })

  test('--json is one object', async () => {
    const { stdout } = await project.etsef('run', 'toy.yaml', '--json')
    const summary = JSON.parse(stdout)
    expect(summary).toMatchObject({
      status: 'ok',
      engine: null,
      nodes: { scores: { state: 'cached', metrics: { accuracy: 1 } }, points: { state: 'pruned', seconds: 0 } },
    })
    expect(Object.keys(summary.nodes)).toHaveLength(8)
  })

  test('--log json is an event a line', async () => {
    const { stdout } = await project.etsef('run', 'toy.yaml', '--set', 'near.vote=soft', '--log', 'json')
    const types = stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type)
    expect(types[0]).toBe('run-started')
    expect(types.filter((type) => type === 'stage-finished')).toHaveLength(3)
    expect(types.at(-1)).toBe('run-finished')
  })

  test('a failed node: exit code 1, its line, its plugin and its log', async () => {
    const { stdout, code } = await project.etsef('run', 'failing.yaml')
    expect(code).toBe(1)
    expect(stdout).toContain('ERR_NODE_FAILED  failing.yaml:3:15\n  3 │   bad: { use: toy/trouble')
    expect(stdout).toContain('Node "bad" (toy/trouble, @fixture/toy 1.0.0) failed: boom')
    const log = /log +(\S+)/.exec(stdout)![1]!
    expect(project.read(log)).toContain('RangeError: boom')
  })

  test('an invalid pipeline: exit code 2 and nothing runs', async () => {
    const { stdout, code } = await project.etsef('run', 'broken.yaml', '--json')
    expect(code).toBe(2)
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'invalid',
      problems: [{ code: 'ERR_UNKNOWN_KEY', node: 'centred', place: { file: 'broken.yaml' } }],
    })
  })

  test('a run that is cached imports neither an implementation nor what it needs', async () => {
    const log = join(project.dir, 'imported.txt')
    const hooks = `import { appendFileSync } from 'node:fs'\nexport async function load(url, context, next) { appendFileSync(${JSON.stringify(log)}, url + '\\n'); return next(url, context) }\n`
    const register = `import { register } from 'node:module'\nregister(${JSON.stringify(pathToFileURL(join(project.dir, 'hooks.mjs')).href)})\n`
    writeFileSync(join(project.dir, 'hooks.mjs'), hooks)
    writeFileSync(join(project.dir, 'register.mjs'), register)
    const cli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
    execFileSync(
      process.execPath,
      ['--import', pathToFileURL(join(project.dir, 'register.mjs')).href, cli, 'run', 'toy.yaml', '-q'],
      { cwd: project.dir },
    )
    const imported = readFileSync(log, 'utf8')
    expect(imported).toContain('/toy/src/plugin.js')
    expect(imported).not.toMatch(/toy\/src\/(?!plugin\.js)/)
    // What opens an artifact by its manifest is light, and is asked for a predictor's parts.
    expect(imported).not.toMatch(
      /apache-arrow|\/rxjs\/|tfjs|sharp|onnxruntime|runner\/dist\/worker\/(?!(artifact-input|kept-files|state-folder)\.js)/,
    )
  })
})

describe('the other verbs', () => {
  test('validate --json', async () => {
    const { stdout, code } = await project.etsef('validate', 'broken.yaml', '--json')
    expect(code).toBe(2)
    expect(JSON.parse(stdout)).toMatchObject({ valid: false, problems: [{ hint: 'did you mean "k"?' }] })
    expect((await project.etsef('validate', 'toy.yaml')).stdout).toBe('toy.yaml is valid: 8 nodes\n')
  })

  test('plan shows what a swapped operation changes', async () => {
    const { stdout } = await project.etsef('plan', 'toy.yaml', '--set', 'centred.use=toy/scale', '--json')
    const { stages } = JSON.parse(stdout) as { stages: { stage: string; state: string }[] }
    const states = Object.fromEntries(stages.map((each) => [each.stage, each.state]))
    expect(states).toMatchObject({
      points: 'pruned',
      both: 'cached',
      centred: 'run',
      'near:fit': 'run',
      'near:apply': 'run',
      scores: 'run',
    })
  })

  test('plan shows what may wait at an input that is read as a stream', async () => {
    project.write(
      'wide.yaml',
      'nodes:\n  rows: { use: toy/wide, with: { numSamples: 300 } }\n  sums: { use: toy/consume, in: { features: rows } }\n',
    )
    const { stdout } = await project.etsef('plan', 'wide.yaml')
    expect(stdout).toContain('streams: at most 4 batches of 256 rows wait at an input, 4 MB at sums\n')
    const { stages } = JSON.parse((await project.etsef('plan', 'wide.yaml', '--json')).stdout)
    const bounds = [{ input: 'rows', batches: 4, rows: 1024, bytes: 4_096_000 }]
    expect(stages).toMatchObject([{ streams: [] }, { node: 'sums', streams: bounds }])
    // Rows so wide that one batch is more than the bound come one at a time.
    const widest = await project.etsef('plan', 'wide.yaml', '--set', 'rows.numFeatures=40000')
    expect(widest.stdout).toContain('streams: at most 1 batches of 256 rows')
  })

  test('explain, graph, runs, doctor, plugins, cache du and schema speak JSON', async () => {
    const commands = [
      ['explain', 'toy.yaml', 'near'],
      ['graph', 'toy.yaml'],
      ['runs'],
      ['doctor'],
      ['plugins', 'list'],
      ['plugins', 'info', 'toy/scale'],
      ['cache', 'du'],
      ['schema'],
      ['resolve', 'toy.yaml'],
    ]
    for (const command of commands) {
      const { stdout, code } = await project.etsef(...command, '--json')
      expect(code, command.join(' ')).toBe(0)
      expect(typeof JSON.parse(stdout), command.join(' ')).toBe('object')
    }
  })

  test('plugins info takes an operation, a namespace and a package', async () => {
    const names = async (name: string): Promise<string[]> => {
      const { stdout } = await project.etsef('plugins', 'info', name, '--json')
      return (JSON.parse(stdout) as { type: string }[]).map(({ type }) => type)
    }
    expect(await names('toy/scale')).toEqual(['toy/scale'])
    expect(await names('@fixture/toy')).toEqual(await names('toy'))
    expect((await project.etsef('plugins', 'info', '@fixture/toi')).stdout).toContain('did you mean "@fixture/toy"?')
  })

  test('explain says so when nothing changed', async () => {
    const { stdout } = await project.etsef('explain', 'toy.yaml', 'near')
    expect(stdout).toMatch(/near:fit {2}key [0-9a-f]{16} {2}cached\n {2}(every ingredient is as in|since) run/)
  })

  test('graph draws', async () => {
    expect((await project.etsef('graph', 'toy.yaml')).stdout).toContain('both -->|features| centred')
    expect((await project.etsef('graph', 'toy.yaml', '--format', 'dot')).stdout).toContain(
      '"both" -> "centred" [label="features"]',
    )
    expect((await project.etsef('graph', 'toy.yaml', '--format', 'svg')).stdout).toMatch(/^<svg [\s\S]*<\/svg>\n$/)
    const { stdout } = await project.etsef('graph', 'toy.yaml', '--format', 'svg', '--out', 'drawn/toy.svg')
    expect(stdout).toBe('')
    expect(project.read('drawn/toy.svg')).toMatch(/^<svg [\s\S]*<\/svg>\n$/)
  })

  test('resolve --annotate says where each value was written, and runs as it is', async () => {
    project.write(
      'child.yaml',
      'extends: toy.yaml\nnodes: { centred: { with: { $merge: { k: 2 } }, use: toy/center, in: { features: both } } }\n',
    )
    const { stdout } = await project.etsef('resolve', 'child.yaml', '--annotate', '--set', 'split.test=0.5')
    expect(stdout).toContain('use: toy/join  # toy.yaml:')
    expect(stdout).toContain('k: 2  # child.yaml:2:')
    expect(stdout).toContain('test: 0.5  # --set:1:1')
    const varied = await project.etsef('resolve', 'toy.yaml', '--annotate', '--set', 'vars.n=41')
    expect(varied.stdout).toMatch(/numSamples: 41 {2}# toy\.yaml:\d+:\d+, from --set:1:1\n/)
    project.write('resolved.yaml', (await project.etsef('resolve', 'toy.yaml')).stdout)
    expect((await project.etsef('run', 'resolved.yaml', '--json')).stdout).toContain('"scores":{"state":"cached"')
  })

  test('cache verify finds a flipped bit, gc keeps what recent runs use', async () => {
    const run = JSON.parse((await project.etsef('runs', '--json')).stdout)[0].run
    const record = JSON.parse((await project.etsef('runs', run, '--json')).stdout)
    const file = `.etsef/store/${record.stages['points'].key}/features.arrow`
    if (existsSync(join(project.dir, file))) {
      const bytes = readFileSync(join(project.dir, file))
      bytes[100]! ^= 1
      writeFileSync(join(project.dir, file), bytes)
      const { code, stdout } = await project.etsef('cache', 'verify')
      expect(code).toBe(1)
      expect(stdout).toContain('1 damaged')
    }
    const dry = JSON.parse((await project.etsef('cache', 'gc', '--keep-runs', '0', '--dry-run', '--json')).stdout)
    expect(dry.removed.length).toBeGreaterThan(0)
    const { numKept } = JSON.parse((await project.etsef('cache', 'gc', '--keep-runs', '20', '--json')).stdout)
    expect(numKept).toBeGreaterThan(0)
    expect((await project.etsef('run', 'toy.yaml', '--json')).stdout).toContain('"status":"ok"')
  })

  test('replay gives the same artifacts, or names what differs', async () => {
    project.write('data/a1', 'x')
    project.write(
      'files.yaml',
      'nodes:\n  files: { use: toy/files, with: { path: data } }\n  means: { use: toy/mean, in: { images: files } }\n',
    )
    const { run } = JSON.parse((await project.etsef('run', 'files.yaml', '--json')).stdout)
    const same = await project.etsef('replay', run, '--json')
    expect(JSON.parse(same.stdout)).toMatchObject({ same: true, differences: [] })
    // The record alone, in a checkout whose store is empty.
    project.write('record.json', project.read(`.etsef/runs/${run}/run.json`))
    const fresh = await project.etsef('replay', 'record.json', '--store', 'fresh', '--json')
    expect(JSON.parse(fresh.stdout)).toMatchObject({ replayed: run, same: true, differences: [] })
    // Other code with the same bytes is named, and is the same result.
    const record = JSON.parse(project.read('record.json'))
    record.stages.means.ingredients.implementation = 'other'
    record.stages.means.key = 'other'
    project.write('record.json', JSON.stringify(record))
    const changed = await project.etsef('replay', 'record.json', '--store', 'fresh', '--json')
    expect(JSON.parse(changed.stdout)).toMatchObject({
      same: true,
      differences: [{ isResult: false, what: 'code of @fixture/toy', before: 'other' }],
    })
    expect((await project.etsef('replay', 'toy.yaml')).stdout).toContain('"toy.yaml" is not the record of a run')
    project.write('data/a1', 'y')
    const other = await project.etsef('replay', run, '--json')
    expect(other.code).toBe(1)
    expect(JSON.parse(other.stdout).differences[0]).toMatchObject({ what: 'content files.path' })
  })

  test('flags of another verb, mistyped flags and words that are too many are refused, with the nearest name', async () => {
    const refused = async (...words: string[]): Promise<string> => {
      const { code, stderr } = await project.etsef(...words)
      expect(code, words.join(' ')).toBe(2)
      return stderr
    }
    expect(await refused('validate', 'toy.yaml', '--keep-runs', '3')).toContain("unknown option '--keep-runs'")
    expect(await refused('run', 'toy.yaml', '--profle', 'x')).toContain('Did you mean --profile?')
    expect(await refused('valdate', 'toy.yaml')).toContain('Did you mean validate?')
    expect(await refused('validate', 'toy.yaml', 'broken.yaml')).toContain('too many arguments')
    expect(await refused('explain', 'toy.yaml')).toContain("missing required argument 'node'")
  })

  test('flags may stand before the verb', async () => {
    expect(JSON.parse((await project.etsef('--json', 'validate', 'toy.yaml')).stdout)).toMatchObject({ valid: true })
    expect((await project.etsef('--set', 'centred.k=1', 'validate', 'toy.yaml')).code).toBe(0)
  })

  test('help of a verb names its flags only; the version is a line; completion knows the flags', async () => {
    const help = await project.etsef('cache', '--help')
    expect(help.code).toBe(0)
    expect(help.stdout).toContain('--keep-runs <N>')
    expect(help.stdout).not.toContain('--annotate')
    expect((await project.etsef('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
    expect((await project.etsef('complete', '--', 'run', '--on')).stdout).toContain('--on-error')
    expect((await project.etsef('complete', 'zsh')).stdout).toContain('compdef')
  })

  test('wrong words: exit code 2', async () => {
    expect((await project.etsef('fly')).code).toBe(2)
    expect((await project.etsef('run')).code).toBe(2)
    expect((await project.etsef('run', 'toy.yaml', '--fast')).stderr).toContain("unknown option '--fast'")
    expect((await project.etsef('run', 'nowhere.yaml')).stdout).toContain('ERR_MISSING_FILE  nowhere.yaml:1:1')
  })
})

test('two runs at once compute every key once', async () => {
  const runs = await Promise.all(
    [0, 1].map(() => project.etsef('run', 'toy.yaml', '--store', 'shared', '--json', '--set', 'a.delayMs=300')),
  )
  const nodes = runs.map(({ stdout }) => JSON.parse(stdout).nodes as Record<string, { state: string }>)
  for (const name of Object.keys(nodes[0]!))
    expect(
      nodes.filter((each) => each[name]!.state === 'done'),
      name,
    ).toHaveLength(1)
})

test('a link out of the declared folder is refused before anything runs', async () => {
  project.write('outside/secret', 'x')
  mkdirSync(join(project.dir, 'linked'))
  symlinkSync(join(project.dir, 'outside/secret'), join(project.dir, 'linked/a1'))
  project.write('linked.yaml', 'nodes:\n  files: { use: toy/files, with: { path: linked } }\n')
  const { code, stdout } = await project.etsef('run', 'linked.yaml')
  expect(code).toBe(2)
  expect(stdout).toContain('ERR_OUTSIDE_ROOT  linked.yaml:2:')
})
