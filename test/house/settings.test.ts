import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { read, root } from '../support/etsef.js'

/** Between processes of one run. */
const internal = new Set(['ETSEF_COORDINATOR'])

test('every variable of the environment that a package reads stands in docs/settings.md', () => {
  const told = read(root, 'docs/settings.md')
  const sources = readdirSync(join(root, 'packages'))
    .filter((name) => existsSync(join(root, 'packages', name, 'src')))
    .flatMap((name) =>
      readdirSync(join(root, 'packages', name, 'src'), { recursive: true, encoding: 'utf8' }).map((file) =>
        join(root, 'packages', name, 'src', file),
      ),
    )
    .filter((file) => file.endsWith('.ts') && !/\.test(-d)?\.ts$/.test(file))
  const named = new Set(sources.flatMap((file) => readFileSync(file, 'utf8').match(/ETSEF_[A-Z]+(?:_[A-Z]+)*/g) ?? []))
  expect(named.size).toBeGreaterThan(5)
  expect([...named].filter((name) => !internal.has(name) && !told.includes(`\`${name}`))).toEqual([])
})

test('a default of package.json, and one of the environment, are those of the table', async () => {
  const { defaultable, variableOf } = (await import(join(root, 'packages/runner/dist/cli/default-values.js'))) as {
    defaultable: readonly string[]
    variableOf: (flag: string) => string
  }
  const rows = read(root, 'docs/settings.md').match(/^\| `[a-z-]+` \| `ETSEF_[A-Z_]+` \| `--[a-z-]+/gm)
  expect(rows).toEqual(defaultable.map((flag) => `| \`${flag}\` | \`${variableOf(flag)}\` | \`--${flag}`))
})
