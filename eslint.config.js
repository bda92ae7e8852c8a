import nx from '@nx/eslint-plugin'
import jsdoc from 'eslint-plugin-jsdoc'
import tseslint from 'typescript-eslint'

/** Arrows point one way (docs/adr/0001): pipelines, test → plugin-* → nn, drawing → plugin-api and runner → plugin-api; distributions stands below all. */
const depConstraints = [
  { sourceTag: 'type:api', onlyDependOnLibsWithTags: [] },
  { sourceTag: 'type:nn', onlyDependOnLibsWithTags: ['type:api'] },
  { sourceTag: 'type:drawing', onlyDependOnLibsWithTags: ['type:api'] },
  { sourceTag: 'type:distributions', onlyDependOnLibsWithTags: [] },
  { sourceTag: 'type:runner', onlyDependOnLibsWithTags: ['type:api', 'type:distributions'] },
  { sourceTag: 'type:generator', onlyDependOnLibsWithTags: [] },
  { sourceTag: 'type:executor', onlyDependOnLibsWithTags: ['type:api'] },
  { sourceTag: 'type:plugin', onlyDependOnLibsWithTags: ['type:api', 'type:nn', 'type:drawing', 'type:distributions'] },
]

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/vendor/**',
      '**/out-tsc/**',
      '**/node_modules/**',
      '**/coverage/**',
      '.nx/**',
      '.etsef/**',
      'site/**',
      // Declares nothing, beside a program of plain JavaScript: no project holds it.
      'packages/runner/bin/*.d.ts',
      '**/fixtures/**',
      // Checked where the generator writes them: with the strictness of a plugin's author.
      'packages/create-etsef-plugin/templates/**',
      '**/test-fixtures/**',
      'test/broken/**',
      // AssemblyScript: other types and other built-in functions; checked by its own compiler.
      '**/kernels/assembly/**',
      'vitest.config.ts',
    ],
  },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    plugins: { '@nx': nx, jsdoc },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        {
          allow: ['#arrow', '#typebox'],
          depConstraints,
          enforceBuildableLibDependency: true,
          checkDynamicDependenciesExceptions: ['.*'],
        },
      ],
      // `noUncheckedIndexedAccess` makes `a[i]!` the plain way to write numeric loops whose bounds the code has checked.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-invalid-void-type': ['error', { allowAsThisParameter: true }],
      'no-console': 'error',
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Draw from ctx.rng or createRng.' },
      ],
    },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    ignores: ['**/*.test.ts', '**/*.test-d.ts'],
    rules: {
      'jsdoc/require-jsdoc': [
        'error',
        {
          publicOnly: true,
          require: { FunctionDeclaration: true, ClassDeclaration: true },
          contexts: ['TSInterfaceDeclaration', 'TSTypeAliasDeclaration'],
        },
      ],
      'jsdoc/no-types': 'error',
      'jsdoc/check-tag-names': ['error', { typed: false, definedTags: ['remarks', 'defaultValue'] }],
    },
  },
  {
    files: ['**/*.test.ts', '**/*.test-d.ts', 'test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/require-await': 'off',
    },
  },
)
