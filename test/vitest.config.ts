import { defineConfig } from 'vitest/config'

/** Whole pipelines through the built packages: stages run in child processes on `dist`, so build first. */
export default defineConfig({
  test: {
    name: 'integration',
    include: ['**/*.test.ts'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
    fileParallelism: false,
  },
})
