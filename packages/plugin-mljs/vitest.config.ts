import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['@etsef/source'] },
  ssr: { resolve: { conditions: ['@etsef/source'] } },
  test: {
    setupFiles: ['../../tools/fast-check-seed.mjs'],
    name: 'plugin-mljs',
    include: ['src/**/*.test.ts'],
    testTimeout: 60_000,
  },
})
