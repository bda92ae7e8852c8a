import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { childrenOf } from '../../test-fixtures/processes.js'
import { computed, createProject, outcomesOf, tenStages } from '../../test-fixtures/project.js'
import { isProcessAlive } from '../store/processes.js'
import { manifestText } from '../store/manifest.js'
import { openStore } from '../store/store.js'
import { maxLiveImages } from '../worker/live-images.js'
import type { RunEvent } from './events.js'
import type { RunOutcome } from './run-pipeline.js'

const project = createProject()
afterAll(() => {
  project.remove()
})
project.write('toy.yaml', tenStages)

/** The pipeline `points → split → node`, and what follows. */
function withNode(name: string, node: string, more = ''): string {
  return project.write(
    name,
    `nodes:\n  points: { use: toy/points, with: { numSamples: 20 } }\n  split: { use: toy/split-features, in: { features: points } }\n  node: ${node}\n${more}`,
  )
}

/** Values of a stage's features, the least first: the order of the rows says nothing. */
async function featuresOf(outcome: RunOutcome, stage: string): Promise<number[]> {
  const { openRowReader } = await import('@etsef/plugin-api/codec')
  const store = openStore(join(project.dir, '.etsef'))
  const reader = await openRowReader(join(store.path(outcome.record.stages[stage]!.key), 'features.arrow'))
  const values: number[] = []
  for await (const batch of reader.batches()) if (batch.kind === 'features') values.push(...batch.features)
  return values.sort((a, b) => a - b)
}

describe('a whole pipeline', () => {
  test('runs, then is cached, and tells what reports read', async () => {
    const first = await project.run('toy.yaml')
    expect(first.record.status).toBe('ok')
    expect(computed(first)).toHaveLength(10)
    expect(first.record.testLabelReads).toBe(12)
    expect(first.record.stages['scores']?.metrics).toEqual({ accuracy: 1 })
    expect(JSON.parse(readFileSync(join(first.reportDirs['scores']!, 'metrics.json'), 'utf8'))).toEqual({
      accuracy: 1,
      numTest: 12,
    })
    const second = await project.run('toy.yaml')
    expect(computed(second)).toEqual([])
    expect(outcomesOf(second)['scores']).toBe('cached')
    expect(outcomesOf(second)['points']).toBe('pruned')
  })

  test('computes only what an option changes and what is below it', async () => {
    const outcome = await project.run('toy.yaml', { request: { overrides: ['centred.k=3'] } })
    expect(computed(outcome)).toEqual(['centred:fit', 'centred:apply', 'near:fit', 'near:apply', 'scores'])
  })

  test('names and layout of the text are in no key', async () => {
    project.write(
      'renamed.yaml',
      tenStages.replace(/\bcentred\b/g, 'middle').replace('name: toy', '# a comment\nname: other'),
    )
    expect(computed(await project.run('renamed.yaml'))).toEqual([])
  })

  test('two nodes of one definition are computed once', async () => {
    project.write(
      'twins.yaml',
      'nodes:\n  points: { use: toy/points, with: { numSamples: 7 } }\n  a: { use: toy/scale, in: { features: points } }\n  b: { use: toy/scale, in: { features: points } }\n',
    )
    const outcome = await project.run('twins.yaml')
    expect(computed(outcome)).toEqual(['points', 'a'])
    expect(outcomesOf(outcome)['b']).toBe('cached')
  })

  test('gives the same bytes with one worker as with two', async () => {
    const stores = [join(project.dir, 'one'), join(project.dir, 'two')] as const
    const digests = await Promise.all(
      stores.map(async (storeDir, at) => {
        const { record } = await project.run('toy.yaml', { jobs: at + 1, request: { storeDir } })
        return Object.fromEntries(Object.entries(record.stages).map(([id, stage]) => [id, stage.digest]))
      }),
    )
    expect(digests[0]).toEqual(digests[1])
    expect(project.artifacts(stores[0])).toEqual(project.artifacts(stores[1]))
  })
})

describe('what operations may see and change', () => {
  test('labels are hidden from maps and row columns are put back', async () => {
    withNode(
      'relabel.yaml',
      '{ use: toy/trouble, in: { features: split }, with: { mode: relabel } }',
      '  near: { use: toy/nearest, in: { features: node } }\n  scores: { use: toy/score, in: { predictions: near } }\n',
    )
    const outcome = await project.run('relabel.yaml')
    expect(outcome.record.status).toBe('ok')
    expect(outcome.record.stages['scores']?.metrics).toEqual({ accuracy: 1 })
    withNode('peek.yaml', '{ use: toy/trouble, in: { features: split }, with: { mode: peek } }')
    expect((await project.run('peek.yaml')).record.status).toBe('ok')
  })

  test.each([
    ['drop', 'ERR_MISSING_ID', /Row id "p\d+" of the input is missing/],
    ['reorder', 'ERR_BAD_DATA', /another order/],
    ['rename', 'ERR_MISSING_ID', /p\d+!"/],
    ['width', 'ERR_BAD_DATA', /"features" has the wrong length/],
    ['wrong-kind', 'ERR_BAD_DATA', /wrong kind/],
    ['throw', 'ERR_NODE_FAILED', /Node "node" \(toy\/trouble, @fixture\/toy 1.0.0\) failed: boom/],
    ['code', 'ERR_NOT_FINITE', /a value is not finite/],
  ])('%s is refused', async (mode, code, message) => {
    withNode(`${mode}.yaml`, `{ use: toy/trouble, in: { features: split }, with: { mode: ${mode} } }`)
    const outcome = await project.run(`${mode}.yaml`)
    const { error, logFile } = outcome.record.stages['node']!
    expect(outcome.record.status).toBe('failed')
    expect(error).toMatchObject({ code, node: 'node' })
    expect(error?.['message']).toMatch(message)
    expect(readFileSync(logFile!, 'utf8')).toContain('error')
  })

  test('a split that parts a group is refused', async () => {
    project.write(
      'cheat.yaml',
      'nodes:\n  points: { use: toy/points }\n  split: { use: toy/cheat, in: { features: points } }\n',
    )
    const outcome = await project.run('cheat.yaml')
    expect(outcome.record.stages['split']?.error).toMatchObject({ code: 'ERR_LEAKAGE' })
    expect(outcome.record.stages['split']?.error?.['message']).toMatch(
      /"p\d+" \(train\) and "p\d+" \(test\) are of one group "g\d+"/,
    )
  })

  test('a model that has learned from test rows is refused where it is used', async () => {
    project.write(
      'leak.yaml',
      `nodes:
  points: { use: toy/points, with: { numSamples: 40 } }
  splitA: { use: toy/split-features, in: { features: points }, with: { test: 0.3 } }
  splitB: { use: toy/split-features, in: { features: points }, with: { test: 0.5 } }
  learned: { use: toy/nearest, in: { features: splitA } }
  used: { use: toy/use-model, in: { features: splitB, model: learned.model } }
`,
    )
    const outcome = await project.run('leak.yaml')
    expect(outcome.record.stages['used']?.error).toMatchObject({ code: 'ERR_LEAKAGE', node: 'used' })
    expect(outcome.record.stages['used']?.error?.['message']).toMatch(
      /"learned.model" was fitted on images that are test rows here: p1\d, p1\d/,
    )
  })

  test('a model learned from the same split may be used', async () => {
    project.write(
      'fine.yaml',
      `nodes:
  points: { use: toy/points, with: { numSamples: 40 } }
  split: { use: toy/split-features, in: { features: points } }
  learned: { use: toy/nearest, in: { features: split } }
  used: { use: toy/use-model, in: { features: split, model: learned.model } }
`,
    )
    expect((await project.run('fine.yaml')).record.status).toBe('ok')
  })
})

describe('images', () => {
  test('pixels go through the chain of lazy operations, copies through their parent', async () => {
    project.write('data/a1', '\u0001\u0003')
    project.write('data/b1', '\u000a')
    project.write('data/a2', '\u0014')
    project.write('data/b2', '\u001e')
    project.write(
      'images.yaml',
      `nodes:
  files: { use: toy/files, with: { path: data } }
  more: { use: toy/brighten, in: { images: files }, with: { by: 5 } }
  split: { use: toy/split-images, in: { images: more }, with: { test: 0.5 } }
  copies: { use: toy/expand, in: { images: split } }
  after: { use: toy/brighten, in: { images: copies } }
  means: { use: toy/mean, in: { images: after } }
`,
    )
    const outcome = await project.run('images.yaml')
    expect(outcome.record.status).toBe('ok')
    const { openRowReader } = await import('@etsef/plugin-api/codec')
    const store = openStore(join(project.dir, '.etsef'))
    const reader = await openRowReader(join(store.path(outcome.record.stages['means']!.key), 'features.arrow'))
    for await (const batch of reader.batches()) {
      expect(
        batch.kind === 'features' && Object.fromEntries(batch.ids.map((id, i) => [id, batch.features[i]])),
      ).toEqual({ a1: 8, a2: 26, b1: 16, b2: 36, 'b1+': 116, 'b2+': 136 })
      expect(Object.fromEntries(batch.ids.map((id, i) => [id, batch.partitions[i]]))).toEqual({
        a1: 'test',
        a2: 'test',
        b1: 'train',
        b2: 'train',
        'b1+': 'train',
        'b2+': 'train',
      })
    }
    expect(outcome.record.stages['means']?.peakLiveImages).toBe(4)
  })

  test('rows of several sources each keep their own chain', async () => {
    project.write('c/c1', '\u0002')
    project.write('d/c2', '\u0003')
    project.write(
      'concat.yaml',
      `nodes:
  one: { use: toy/files, with: { path: c } }
  two: { use: toy/files, with: { path: d } }
  brighter: { use: toy/brighten, in: { images: two }, with: { by: 10 } }
  all: { use: toy/concat, in: { images: [one, brighter] } }
  means: { use: toy/mean, in: { images: all } }
`,
    )
    const outcome = await project.run('concat.yaml')
    expect(outcome.record.status).toBe('ok')
    const { openRowReader } = await import('@etsef/plugin-api/codec')
    const store = openStore(join(project.dir, '.etsef'))
    const reader = await openRowReader(join(store.path(outcome.record.stages['means']!.key), 'features.arrow'))
    for await (const batch of reader.batches())
      expect(
        batch.kind === 'features' && Object.fromEntries(batch.ids.map((id, i) => [id, batch.features[i]])),
      ).toEqual({ c1: 2, c2: 13 })
  })

  test('an operation that asks for every image at once gets them in turn', async () => {
    project.write(
      'hungry.yaml',
      `nodes:
  images: { use: toy/generated, with: { numSamples: 1000 } }
  split: { use: toy/split-images, in: { images: images } }
  report: { use: toy/hungry, in: { images: split } }
  fit: { use: toy/hungry-fit, in: { images: split } }
`,
    )
    const { record } = await project.run('hungry.yaml')
    expect(record.stages['report']).toMatchObject({ metrics: { eaten: 1000 }, peakLiveImages: maxLiveImages })
    expect(record.stages['fit:fit'] ?? record.stages['fit']).toMatchObject({
      outcome: 'done',
      peakLiveImages: maxLiveImages,
    })
  })

  test('a copy of a test image is refused', async () => {
    project.write(
      'copy.yaml',
      'nodes:\n  images: { use: toy/generated }\n  split: { use: toy/split-images, in: { images: images } }\n  copies: { use: toy/expand, in: { images: split }, with: { copyTest: true } }\n',
    )
    const outcome = await project.run('copy.yaml')
    expect(outcome.record.stages['copies']?.error).toMatchObject({ code: 'ERR_LEAKAGE' })
  })

  test('a changed file changes what is computed, a touched one does not', async () => {
    const before = await project.run('images.yaml')
    expect(computed(before)).toEqual([])
    project.write('data/a2', '\u0014')
    expect(computed(await project.run('images.yaml'))).toEqual([])
    project.write('data/a2', '\u0015')
    expect(computed(await project.run('images.yaml'))).toContain('means')
  })
})

describe('files that change during a run', () => {
  const write = (path: string, value: number): string => project.write(path, String.fromCharCode(value))

  test('a picture that is other when it is loaded is refused by name, and the key never serves wrong bytes', async () => {
    write('swap/a1', 10)
    write('swap/b1', 20)
    project.write(
      'swap.yaml',
      'nodes:\n  files: { use: toy/files, with: { path: swap } }\n  means: { use: toy/mean, in: { images: files } }\n',
    )
    const swapped = await project.run('swap.yaml', {
      emit: (event) => {
        if (event.type === 'stage-started' && event.stage === 'means') write('swap/b1', 99)
      },
    })
    expect(swapped.record.stages['means']?.error).toMatchObject({
      code: 'ERR_CHANGED_FILE',
      message: expect.stringContaining('b1') as unknown,
    })
    write('swap/b1', 20)
    for (const options of [{}, { request: { isParanoid: true } }, { selection: { from: ['files'] } }]) {
      const outcome = await project.run('swap.yaml', options)
      expect(outcome.record.status).toBe('ok')
      expect(await featuresOf(outcome, 'means')).toEqual([10, 20])
    }
  })

  test('content that was other while its source read it is refused by name, also when it was changed back', async () => {
    write('back/a1', 10)
    write('back/b1', 20)
    const flag = join(project.dir, 'source-waits')
    project.write(
      'back.yaml',
      `nodes:\n  files: { use: toy/files, with: { path: back, flag: "${flag}" } }\n  means: { use: toy/mean, in: { images: files } }\n`,
    )
    const refused = await project.run('back.yaml', {
      emit: (event) => {
        if (event.type === 'stage-started' && event.stage === 'files') write('back/b1', 99)
        if (event.type === 'stage-log' && event.message === 'read') {
          write('back/b1', 20)
          writeFileSync(flag, '')
        }
      },
    })
    expect(refused.record.stages['files']?.error).toMatchObject({
      code: 'ERR_CHANGED_FILE',
      message: '"b1" was changed while "files" was made of it',
    })
    const outcome = await project.run('back.yaml')
    expect(await featuresOf(outcome, 'means')).toEqual([10, 20])
  })
})

describe('damage and death', () => {
  test('a damaged artifact is set aside and computed again, alone', async () => {
    const first = await project.run('toy.yaml', { request: { overrides: ['vars.n=41'] } })
    const store = openStore(join(project.dir, '.etsef'))
    const file = join(store.path(first.record.stages['both']!.key), 'features.arrow')
    const bytes = readFileSync(file)
    bytes[bytes.length >> 1]! ^= 1
    writeFileSync(file, bytes)
    const events: RunEvent[] = []
    const outcome = await project.run('toy.yaml', {
      request: { overrides: ['vars.n=41', 'centred.k=1'] },
      emit: (event) => events.push(event),
    })
    expect(outcome.record.status).toBe('ok')
    expect(computed(outcome)).toEqual(['both', 'centred:fit', 'centred:apply', 'near:fit', 'near:apply', 'scores'])
    expect(events.filter((event) => event.type === 'artifact-damaged')).toHaveLength(1)
  })

  test('a damaged input that is found while it is read is made again', async () => {
    const options = { request: { overrides: ['vars.n=47'] } }
    const first = await project.run('toy.yaml', options)
    const store = openStore(join(project.dir, '.etsef'))
    const events: RunEvent[] = []
    // Damaged after planning: only the worker that reads it can find out.
    const outcome = await project.run('toy.yaml', {
      request: { overrides: ['vars.n=47', 'a.factor=9'] },
      emit: (event) => {
        events.push(event)
        if (event.type !== 'stage-started' || event.stage !== 'a' || event.attempt !== 1) return
        writeFileSync(join(store.path(first.record.stages['b']!.key), 'features.arrow'), 'x')
      },
    })
    expect(outcome.record.status).toBe('ok')
    expect(computed(outcome)).toContain('b')
    expect(events.filter((event) => event.type === 'artifact-damaged').map((event) => event.stage)).toEqual(['b'])
  })

  test('a worker that is killed is replaced and the stage tried again', async () => {
    const flag = join(project.dir, 'killed')
    withNode('kill.yaml', `{ use: toy/trouble, in: { features: split }, with: { mode: kill-once, flag: "${flag}" } }`)
    const events: RunEvent[] = []
    const outcome = await project.run('kill.yaml', { emit: (event) => events.push(event) })
    expect(outcome.record.status).toBe('ok')
    expect(existsSync(flag)).toBe(true)
    expect(outcome.record.stages['node']?.attempts).toBe(2)
    expect(events.filter((event) => event.type === 'stage-retried')).toMatchObject([{ node: 'node', failure: 'lost' }])
  })

  test('a worker that was killed while it had nothing to do costs no attempt', async () => {
    const events: RunEvent[] = []
    const outcome = await project.run('toy.yaml', {
      request: { overrides: ['vars.n=53'] },
      selection: { to: ['split'] },
      jobs: 1,
      retries: {},
      emit: (event) => {
        events.push(event)
        if (event.type !== 'stage-started') return
        // Nothing of this thread runs until they are dead: it cannot have heard of it when it hands over the stage.
        for (const pid of childrenOf(process.pid)) {
          process.kill(pid, 'SIGKILL')
          while (isProcessAlive(pid));
        }
      },
    })
    expect(events.filter((event) => event.type === 'stage-retried')).toEqual([])
    expect(outcome.record.status).toBe('ok')
  })

  test.each([
    ['kill', { retries: { lost: 1 } }, 'ERR_LOST', 2],
    ['oom', {}, 'ERR_OUT_OF_MEMORY', 1],
    ['hang', { timeoutMs: 400 }, 'ERR_TIMEOUT', 1],
    ['busy', { timeoutMs: 400 }, 'ERR_TIMEOUT', 1],
    ['throw', { retries: { lost: 5 } }, 'ERR_NODE_FAILED', 1],
    ['swell', { memoryMb: 700 }, 'ERR_OUT_OF_MEMORY', 1],
    ['swell-below', { memoryMb: 700 }, 'ERR_OUT_OF_MEMORY', 1],
    [
      'reject',
      {},
      'ERR_NODE_FAILED',
      1,
      /\(toy\/trouble, .*\) failed: nothing awaited a promise that was rejected: nobody waits/,
    ],
    ['reject-late', {}, 'ERR_NODE_FAILED', 1, /rejected: not even an error$/],
    ['throw-late', {}, 'ERR_NODE_FAILED', 1, /nothing could catch it: thrown by a timer$/],
    ['exit', {}, 'ERR_NODE_FAILED', 1, /failed: the operation ended its process with code 7$/],
  ] as const)('%s fails with its class', async (mode, options, code, attempts, message?: RegExp) => {
    withNode(`class-${mode}.yaml`, `{ use: toy/trouble, in: { features: split }, with: { mode: ${mode} } }`)
    // Everything above is cached first, so that the timeout meets the node alone.
    await project.run(`class-${mode}.yaml`, { selection: { to: ['split'] } })
    const outcome = await project.run(`class-${mode}.yaml`, options)
    expect(outcome.record.stages['node']).toMatchObject({ outcome: 'failed', attempts, error: { code, node: 'node' } })
    if (message) {
      expect(outcome.record.stages['node']?.error?.['message']).toMatch(message)
      expect(readFileSync(outcome.record.stages['node']!.logFile!, 'utf8')).toMatch(/^error .*/m)
    }
  })

  test('what broke a worker is not met by the stages after it', async () => {
    withNode(
      'broken-worker.yaml',
      '{ use: toy/trouble, in: { features: split }, with: { mode: reject } }',
      '  beside: { use: toy/scale, in: { features: split }, with: { factor: 78 } }\n  more: { use: toy/scale, in: { features: beside }, with: { factor: 78 } }\n',
    )
    const { record } = await project.run('broken-worker.yaml', { onError: 'continue', jobs: 1 })
    expect(Object.entries(record.stages).map(([id, { outcome, attempts }]) => [id, outcome, attempts])).toEqual(
      expect.arrayContaining([
        ['node', 'failed', 1],
        ['beside', 'done', 1],
        ['more', 'done', 1],
      ]),
    )
  })

  test('continue goes on with what does not need the failed node', async () => {
    withNode(
      'continue.yaml',
      '{ use: toy/trouble, in: { features: split }, with: { mode: throw } }',
      '  below: { use: toy/scale, in: { features: node } }\n  beside: { use: toy/scale, in: { features: split }, with: { factor: 77 } }\n',
    )
    const outcome = await project.run('continue.yaml', { onError: 'continue', jobs: 1 })
    expect(outcomesOf(outcome)).toMatchObject({ node: 'failed', below: 'skipped', beside: 'done' })
  })

  test('a stage that everything else waits for gets the idle CPUs it can use, others do not', async () => {
    const one = withNode('threads.yaml', '{ use: toy/threads, in: { features: split } }')
    const two = withNode(
      'two-threads.yaml',
      '{ use: toy/threads, in: { features: split }, with: { note: a } }',
      // Still at work when the first looks: it would have what falls idle.
      '  other: { use: toy/scale, in: { features: split }, with: { delayMs: 4000 } }\n',
    )
    const threadsIn = async (file: string, jobs: number, from = ['node']) => {
      const { record } = await project.run(basename(file), { jobs, selection: { from } })
      return record.stages['node']!.metrics!['threads']
    }
    expect(await threadsIn(one, 4)).toBe(3)
    expect(await threadsIn(one, 2)).toBe(2)
    expect(await threadsIn(one, 1)).toBe(1)
    expect(await threadsIn(two, 4, ['node', 'other'])).toBe(1)
  })

  test('cancelling ends the workers and the record says so', async () => {
    withNode('cancel.yaml', '{ use: toy/trouble, in: { features: split }, with: { mode: busy } }')
    const controller = new AbortController()
    const started = performance.now()
    const outcome = await project.run('cancel.yaml', {
      signal: controller.signal,
      emit: (event) => {
        if (event.type === 'stage-started' && event.stage === 'node')
          setTimeout(() => {
            controller.abort()
          }, 100)
      },
    })
    expect(outcome.record.status).toBe('interrupted')
    expect(outcomesOf(outcome)['node']).toBe('cancelled')
    expect(performance.now() - started).toBeLessThan(8000)
  })
})

describe('selection', () => {
  test('--from computes again and finds the same bytes', async () => {
    await project.run('toy.yaml')
    const events: RunEvent[] = []
    const outcome = await project.run('toy.yaml', {
      selection: { from: ['near'] },
      emit: (event) => events.push(event),
    })
    expect(computed(outcome)).toEqual(['near:fit', 'near:apply', 'scores'])
    expect(events.filter((event) => event.type === 'notice')).toEqual([])
  })

  test('--from keeps what it computes where the store has other bytes, and says so', async () => {
    // Of a stage that is pruned, the record has no digest.
    const first = await project.run('toy.yaml', { selection: { from: ['a'] } })
    const store = openStore(join(project.dir, '.etsef'))
    const { key, digest } = first.record.stages['a']!
    const found = store.find(key)
    if (found.state !== 'present') throw new Error(found.state)
    // As if what it was made of had been other then: whole, checked, and wrong.
    writeFileSync(join(store.path(key), 'manifest.json'), manifestText({ ...found.manifest, testLabelReads: 7 }).text)
    const events: RunEvent[] = []
    const outcome = await project.run('toy.yaml', { selection: { from: ['a'] }, emit: (event) => events.push(event) })
    expect(outcome.record.stages['a']?.digest).toBe(digest)
    expect(store.find(key)).toMatchObject({ manifest: { testLabelReads: 0 } })
    expect(events.filter((event) => event.type === 'notice')).toMatchObject([
      { message: expect.stringContaining('the new result is kept') as unknown },
    ])
  })

  test('--only refuses when an input is not cached', async () => {
    const options = { selection: { only: ['near'] }, request: { overrides: ['vars.n=99'] } }
    await expect(project.run('toy.yaml', options)).rejects.toMatchObject({ code: 'ERR_MISSING_INPUT' })
  })

  test('an unknown node is named with its neighbour', async () => {
    await expect(project.run('toy.yaml', { selection: { to: ['neer'] } })).rejects.toMatchObject({
      code: 'ERR_UNKNOWN_NODE',
      hint: 'did you mean "near"?',
    })
  })
})
