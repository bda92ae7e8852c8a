import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

test('the package ships code, and no fixtures or tests', () => {
  const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: join(import.meta.dirname, '..'),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [pack] = JSON.parse(output) as [{ files: readonly { path: string }[] }]
  const paths = pack.files.map(({ path }) => path)
  expect(paths).toContain('src/index.ts')
  expect(paths.filter((path) => /fixture|\.test\.|(?<!package)\.json$/.test(path))).toEqual([])
})
