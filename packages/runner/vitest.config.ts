import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['@etsef/source'] },
  ssr: { resolve: { conditions: ['@etsef/source'] } },
  test: {
    setupFiles: ['../../tools/fast-check-seed.mjs'],
    name: 'runner',
    include: ['src/**/*.test.ts'],
    globalSetup: './test-fixtures/build.ts',
    testTimeout: 60_000,
    // Tests that run stages start processes of their own.
    fileParallelism: false,
  },
})
