import type { RunFacts, RunNode, RunStage } from '@etsef/plugin-api'

/** Facts of a small run: a split, a network that overfits, two classifiers on features of nothing trained, a vote, an evaluation. */
export function someFacts(): { readonly facts: RunFacts } {
  const steps = (values: readonly number[]) => values.map((value, at) => ({ step: at + 1, value }))
  const stage = (more: Partial<RunStage> = {}): RunStage => ({
    part: 'run',
    key: 'a'.repeat(64),
    outcome: 'done',
    seconds: 1.25,
    attempts: 1,
    testLabelReads: 0,
    metrics: {},
    series: {},
    numRows: {},
    ...more,
  })
  const node = (
    id: string,
    operation: string,
    kind: RunNode['kind'],
    inputs: RunNode['inputs'],
    stages = [stage()],
  ): RunNode => ({
    id,
    operation,
    ...(kind === undefined ? {} : { kind }),
    plugin: '@etsef/plugin-x@1.0.0',
    options: { train: 0.6 },
    inputs,
    stages,
  })
  const from = (...nodes: string[]) => nodes.map((each) => ({ node: each, output: 'out' }))
  const training = {
    'body.loss': steps([1, 0.5, 0.3, 0.1, 0.05]),
    'body.valLoss': steps([1.1, 0.6, 0.7, 0.8, 0.9]),
    'body.accuracy': steps([0.4, 0.6, 0.8, 0.9, 0.98]),
    'body.valBalancedAccuracy': steps([0.4, 0.6, 0.6, 0.6, 0.62]),
  }
  const counts = Object.fromEntries(
    ['train', 'val', 'test'].flatMap((part) => [`${part}.a`, `${part}.b`].map((key) => [key, 20])),
  )
  const nodes = [
    node('scans', 'data/folder', 'source', {}),
    node('split', 'data/split', 'map', { images: from('scans') }, [stage({ metrics: counts })]),
    node('tl', 'backbones/finetune', 'estimator', { images: from('split') }, [
      stage({ part: 'fit', series: training, numLearnedFrom: 80 }),
      stage({ part: 'apply' }),
    ]),
    node('svm', 'ensemble/linear-svm', 'estimator', { features: from('split') }),
    node('knn', 'ensemble/knn', 'estimator', { features: from('tl') }),
    node('vote', 'ensemble/vote', 'combine', { predictions: from('svm', 'knn') }),
    node('scores', 'report/evaluate', 'report', { predictions: from('svm', 'knn', 'vote') }, [
      stage({ testLabelReads: 60 }),
    ]),
  ]
  const facts: RunFacts = {
    format: 1,
    run: '20260101-000000-000-1',
    pipeline: 'toy',
    description: 'A toy',
    file: 'toy.yaml',
    status: 'ok',
    startedAt: '2026-01-01T00:00:00.000Z',
    seconds: 12.34,
    seed: 7,
    engine: 'tensorflow 4.22.0',
    primaryMetric: 'balancedAccuracy',
    command: { overrides: [], profile: null },
    versions: { runner: '1.0.0', node: 'v20.19.0', plugins: { '@etsef/plugin-x': '1.0.0' } },
    contents: { 'scans.path': { path: 'images', digest: 'b'.repeat(64), numFiles: 100 } },
    testLabelReads: 60,
    yaml: 'nodes:\n  scans:\n    use: data/folder',
    nodes,
    graph: '<svg xmlns="http://www.w3.org/2000/svg"/>',
    siblings: [],
  }
  return { facts }
}
