import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tinyDemo } from '../support/tiny-demo.js'
import { etsef, lastJson, temporaryFolder, type CommandResult } from '../support/etsef.js'

interface RunObject {
  readonly run: string
  readonly status: string
  readonly engine: string
  readonly seconds: number
  readonly nodes: Record<string, { state: string; seconds: number; metrics?: Record<string, number | null> }>
}

describe('pipelines/demo.yaml', () => {
  const folder = temporaryFolder()
  const store = join(folder.path, 'store')
  const run = (args: readonly string[] = [], options = {}): Promise<CommandResult> =>
    etsef(['run', 'pipelines/demo.yaml', ...tinyDemo, '--store', store, ...args], options)
  let first: RunObject
  beforeAll(async () => {
    first = lastJson(await run(['--json'])) as unknown as RunObject
  })
  afterAll(() => {
    folder.dispose()
  })

  test('runs the whole method and scores every base model, classifier and vote', () => {
    expect(first.status).toBe('ok')
    const { metrics } = first.nodes['scores']!
    for (const name of [
      'tl.predictions',
      'ssl.predictions',
      'svm',
      'xgb',
      'rf',
      'nb',
      'knn',
      'vote',
      'tlVote',
      'sslVote',
    ]) {
      for (const metric of ['accuracy', 'balancedAccuracy', 'macroF1']) {
        const [value, low, high] = ['', '.low', '.high'].map((end) => metrics?.[`${name}.${metric}${end}`])
        expect(value, `${name}.${metric}`).toBeTypeOf('number')
        expect(low, `${name}.${metric}.low`).toBeLessThanOrEqual(value!)
        expect(high, `${name}.${metric}.high`).toBeGreaterThanOrEqual(value!)
      }
    }
  })

  test('publishes tables and figures', () => {
    const reports = join(store, 'runs', first.run, 'reports')
    for (const file of [
      'scores/table.md',
      'figures/confusion-matrix.png',
      'figures/confusion-matrix.svg',
      'figures/t-sne.png',
      'figures/t-sne.vl.json',
      'overlay.overlay/sheet.png',
    ]) {
      expect(existsSync(join(reports, file)), file).toBe(true)
    }
  })

  test('its page holds the vote against the chosen single model, the best network and the frozen baseline', () => {
    const page = readFileSync(join(store, 'runs', first.run, 'reports/page/index.html'), 'utf8')
    const lines = page.slice(page.indexOf('class="rivals"'), page.indexOf('id="scores"')).replaceAll(/<[^>]+>/g, '')
    expect(lines).toMatch(
      /Single model chosen by validation rows, best with [01]\.\d+: (not |)[a-z ]+; vote minus it is/,
    )
    expect(lines).toMatch(/Best network alone, (tl|ssl)\.predictions with/)
    expect(lines).toMatch(/Frozen baseline, baseline with [01]\.\d+: /)
  })

  test('does nothing the second time, and imports no implementation, tfjs, sharp, arrow, vega or canvas', async () => {
    const trace = join(folder.path, 'imports.txt')
    const again = await run(['--json'], {
      nodeArguments: ['--import', './test/support/trace-imports.mjs'],
      env: { ETSEF_TRACE_IMPORTS: trace },
    })
    const result = lastJson(again) as unknown as RunObject
    expect(
      [...new Set(Object.values(result.nodes).map(({ state }) => state))].filter(
        (state) => state !== 'cached' && state !== 'pruned',
      ),
    ).toEqual([])
    expect(result.nodes['scores']?.metrics).toEqual(first.nodes['scores']?.metrics)
    const imported = readFileSync(trace, 'utf8').split('\n')
    expect(imported.filter((url) => url.includes('/packages/runner/')).length).toBeGreaterThan(5)
    expect(
      imported.filter((url) =>
        /\/plugin-[^/]+\/.*-node\.js$|@tensorflow|onnxruntime|\/sharp\/|apache-arrow|\/vega|@napi-rs|packages\/drawing\/|papaparse|markdown-it/.test(
          url,
        ),
      ),
    ).toEqual([])
  })

  test('plans the selector and what is below it, and nothing else, when the selector is swapped', async () => {
    const plan = lastJson(
      await etsef([
        'plan',
        'pipelines/demo.yaml',
        ...tinyDemo,
        '--store',
        store,
        '--json',
        '--set',
        'selected.use=ensemble/select-anova',
      ]),
    ) as unknown as { stages: readonly { node: string; state: string }[] }
    const willRun = new Set(plan.stages.filter(({ state }) => state === 'run').map(({ node }) => node))
    expect([...willRun].sort()).toEqual([
      'best',
      'figures',
      'knn',
      'nb',
      'overlay.overlay',
      'page',
      'rf',
      'scores',
      'selected',
      'soft',
      'svm',
      'vote',
      'xgb',
    ])
  })
})

describe('a run killed in the middle of fine-tuning', () => {
  test('goes on where it was, and ends with the bytes of an uninterrupted run', async () => {
    const folder = temporaryFolder()
    const [whole, broken] = ['whole', 'broken'].map((name) => join(folder.path, name))
    const args = (store: string): string[] => [
      'run',
      'pipelines/demo.yaml',
      ...tinyDemo,
      '--set',
      'tl.epochs=3',
      '--store',
      store,
      '--to',
      'scores',
    ]
    const uninterrupted = lastJson(await etsef([...args(whole!), '--json'])) as unknown as RunObject
    let sawTraining = false
    const killed = await etsef([...args(broken!), '--log', 'json'], {
      onOutput: (text, kill) => {
        if (/"stage":"tl:fit"/.test(text) && /stage-metric/.test(text)) {
          sawTraining = true
          kill('SIGKILL')
        }
      },
    })
    expect(sawTraining, 'the kill came during fine-tuning').toBe(true)
    expect(killed.signal).toBe('SIGKILL')
    const resumed = lastJson(await etsef([...args(broken!), '--json'])) as unknown as RunObject
    expect(resumed.status).toBe('ok')
    for (const node of ['intermediate', 'split', 'train', 'tlSource'])
      expect(['cached', 'pruned'], node).toContain(resumed.nodes[node]?.state)
    const metrics = (store: string, run: string): string =>
      readFileSync(join(store, 'runs', run, 'reports/scores/metrics.json'), 'utf8')
    expect(metrics(broken!, resumed.run)).toBe(metrics(whole!, uninterrupted.run))
    folder.dispose()
  })
})
