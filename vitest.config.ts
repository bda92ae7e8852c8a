import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { projects: ['packages/*', 'test'], maxWorkers: Math.max(2, availableParallelism()) },
})
