const { options } = require('./.dependency-cruiser.cjs')

/**
 * What Node loads when it imports a plugin's manifest: no types, no dynamic imports.
 *
 * @type {import('dependency-cruiser').IConfiguration}
 */
module.exports = {
  forbidden: [
    {
      name: 'manifests-are-light',
      comment: 'a manifest loads plugin-api, the estimate of training memory and light files of its own package',
      severity: 'error',
      from: { path: '^packages/plugin-(?!api/)[^/]+/src/plugin[.]ts$' },
      to: {
        reachable: true,
        path: '(^|/)node_modules/|-node[.]ts$|^packages/(?!plugin-)|^packages/plugin-api/src/(codec|testing)/',
        pathNot: '^packages/nn/src/(training/training-memory|images/view-options)[.]ts$',
      },
    },
  ],
  options: { ...options, tsPreCompilationDeps: false, exclude: { path: '/(dist|out-tsc)/|[.]d[.]ts$', dynamic: true } },
}
