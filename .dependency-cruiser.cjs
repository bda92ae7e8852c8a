const { readdirSync } = require('node:fs')

/**
 * The rooms of each package, and for each the rooms it may import from, types counted. What stands directly in src (errors.ts) is open to all,
 * but the entries, which know everything. Tests and `testing/` may look anywhere.
 */
const rooms = {
  // cli → sweep, serve, bundle, export → predict → run → plan → registry → graph → pipeline. The store knows none of them; the worker speaks with its executor by the protocol alone.
  runner: {
    pipeline: [],
    store: [],
    graph: ['pipeline'],
    registry: ['graph', 'store'],
    plan: ['registry', 'graph', 'pipeline', 'store'],
    executor: ['plan', 'store', 'predict'],
    worker: ['executor', 'plan', 'registry', 'store', 'predict'],
    run: ['executor', 'plan', 'registry', 'graph', 'pipeline', 'store', 'predict'],
    predict: ['worker', 'run', 'plan', 'registry', 'graph', 'store'],
    sweep: ['run', 'plan', 'registry', 'graph', 'pipeline', 'store'],
    bundle: ['predict', 'worker', 'run', 'registry', 'store'],
    serve: ['predict'],
    export: ['run', 'store'],
    cli: [
      'export',
      'serve',
      'bundle',
      'predict',
      'sweep',
      'run',
      'executor',
      'plan',
      'registry',
      'graph',
      'pipeline',
      'store',
    ],
  },
  // Networks as plain data below, what computes above. Pairs that name each other are one layer: an engine is looked for where it was
  // installed and tested by its install; weights of a file and published ones share their errors and their reading.
  nn: {
    graph: [],
    images: [],
    architectures: ['graph', 'images'],
    weights: ['published', 'architectures', 'graph', 'images'],
    published: ['weights', 'architectures', 'graph', 'images'],
    'model-dir': ['weights', 'graph', 'images'],
    'tfjs-export': ['graph'],
    onnx: ['graph'],
    engine: ['install', 'graph'],
    install: ['engine', 'graph'],
    run: ['engine', 'onnx', 'graph'],
    training: ['run', 'engine', 'weights', 'graph', 'images'],
  },
  // Five wings on numeric/; adapter/ makes operations of what they compute.
  'plugin-ensemble': {
    numeric: [],
    'open-formats': ['numeric'],
    adapter: ['open-formats', 'numeric'],
    classifiers: ['open-formats', 'numeric', 'adapter'],
    selectors: ['classifiers', 'open-formats', 'numeric', 'adapter'],
    projections: ['classifiers', 'open-formats', 'numeric', 'adapter'],
    combining: ['classifiers', 'numeric', 'adapter'],
    tuning: ['combining', 'projections', 'selectors', 'classifiers', 'numeric', 'adapter'],
  },
}

const noCode = '[.]test(-d)?[.]ts$|/src/testing/|/src/[^/]+[.]ts$'

const layers = Object.entries(rooms).flatMap(([name, table]) => {
  const src = `^packages/${name}/src/`
  const all = Object.keys(table).join('|')
  return [
    ...Object.entries(table).map(([room, below]) => ({
      name: `${name}-layers`,
      comment: `${room}/ imports ${below.length > 0 ? below.join(', ') : 'no other room'}`,
      severity: 'error',
      from: { path: `${src}${room}/`, pathNot: noCode },
      to: {
        path: src,
        pathNot: `${src}((${[room, ...below].join('|')})/|(?!index|plugin)[^/]+[.]ts$)`,
      },
    })),
    {
      name: `${name}-rooms`,
      comment: 'a folder without a place in the table of rooms',
      severity: 'error',
      from: { path: src, pathNot: `${noCode}|${src}(${all})/` },
      to: {},
    },
  ]
})

/** `plugin.ts` and the files beside an adapter: `x.ts` where `x-node.ts` stands. What they name themselves, types counted. */
const manifests = readdirSync('packages')
  .filter((name) => name.startsWith('plugin-') && name !== 'plugin-api')
  .flatMap((name) => {
    const files = readdirSync(`packages/${name}/src`, { recursive: true }).map(String)
    const declarations = files.filter((file) => files.includes(file.replace(/[.]ts$/, '-node.ts')))
    const from = { path: `^packages/${name}/src/(${['plugin.ts', ...declarations].join('|')})$` }
    return [
      {
        name: 'manifests-import-plugin-api-alone',
        comment: '.dependency-cruiser.manifests.cjs follows what they load through files of their own package',
        severity: 'error',
        from,
        to: {
          dependencyTypesNot: ['core'],
          pathNot: `^packages/(plugin-api/src/(semantics/)?index|nn/src/(training/training-memory|images/view-options))[.]ts$|^packages/${name}/src/`,
        },
      },
      {
        name: 'adapters-are-loaded-by-use',
        comment: 'a declaration names its adapter in load() only',
        severity: 'error',
        from,
        to: { path: '-node[.]ts$', dependencyTypesNot: ['dynamic-import'] },
      },
    ]
  })

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment:
        'types count. A dynamic import does not: the declaration of an operation names the module that load() imports, and that module names the types of its declaration',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['dynamic-import'] } },
    },
    {
      name: 'plain-graph',
      comment: 'pipeline/ and graph/ are plain functions over plain data',
      severity: 'error',
      from: { path: '^packages/runner/src/(pipeline|graph)/' },
      to: { path: 'node_modules/(rxjs|@tensorflow|apache-arrow)/' },
    },
    {
      name: 'only-nn-loads-tensorflow',
      severity: 'error',
      from: { path: '^packages/', pathNot: '^packages/nn/' },
      to: { path: 'node_modules/@tensorflow/' },
    },
    ...layers,
    ...manifests,
    {
      name: 'no-tests-in-code',
      severity: 'error',
      from: { pathNot: '[.]test(-d)?[.]ts$' },
      to: { path: '[.]test(-d)?[.]ts$' },
    },
    { name: 'not-to-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: '[.]json$' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules|/dist/' },
    exclude: { path: '/(dist|out-tsc)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@etsef/source', 'import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
}
