import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['@etsef/source'] },
  ssr: { resolve: { conditions: ['@etsef/source'] } },
  test: { name: 'runner', include: ['src/**/*.test.ts'], testTimeout: 60_000 },
})
