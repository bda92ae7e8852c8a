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
