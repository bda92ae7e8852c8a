import { conformanceProblems, someFeatures, someImages } from '@etsef/plugin-api/testing'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { etsef, lastJson, root, temporaryFolder } from '../support/etsef.js'
import type { RunSummary } from '../support/leak-project.js'
import { badPlugins, badRows, badRowsPipeline, toldByRunner } from './bad-rows.js'

const { path, dispose } = temporaryFolder()
let summary: RunSummary
beforeAll(async () => {
  const link = (target: string, name: string): void => {
    symlinkSync(target, join(path, 'node_modules', name))
  }
  mkdirSync(join(path, 'node_modules'))
  link(join(root, 'node_modules/@etsef'), '@etsef')
  for (const folder of [...badRows, 'sound']) link(join(import.meta.dirname, folder), `etsef-plugin-${folder}`)
  const dependencies = Object.fromEntries([...badRows, 'sound'].map((folder) => [`etsef-plugin-${folder}`, '*']))
  writeFileSync(
    join(path, 'package.json'),
    JSON.stringify({ name: 'bad', private: true, type: 'module', dependencies }),
  )
  writeFileSync(join(path, 'pipeline.yaml'), badRowsPipeline())
  const result = await etsef(['run', 'pipeline.yaml', '--json', '--on-error', 'continue'], { cwd: path })
  // What `run --json` prints.
  summary = lastJson(result) as unknown as RunSummary
})
afterAll(() => {
  dispose()
})

/** What the conformance kit says of the operation, on rows of the same kind. */
async function kit(folder: string): Promise<string[]> {
  const plugin = badPlugins.get(folder)!
  const [operation] = plugin.operations
  const [input, { kind, cardinality }] = Object.entries(operation!.inputs)[0]!
  const table = kind === 'images' ? someImages({ numSamples: 20 }) : someFeatures({ numSamples: 60, numClasses: 3 })
  const problems = await conformanceProblems(plugin, {
    cases: {
      [operation!.type]: () => ({
        inputs: { [input]: cardinality === 'many' ? [{ name: 'points', value: table }] : table },
      }),
    },
  })
  const [first] = problems
  if (!first) return ['conforms']
  const { message, ...more } = first.error as Error & Partial<Record<'code' | 'expected' | 'received' | 'hint', string>>
  const details = (['expected', 'received', 'hint'] as const).flatMap((name) =>
    more[name] === undefined ? [] : [`  ${name.padEnd(8)}  ${more[name]}`],
  )
  return [first.check, `  ${more.code ?? first.error.name}: ${message}`, ...details]
}

describe('a plugin that is wrong in one way', () => {
  test.for(badRows)('%s', async (folder) => {
    const runner = toldByRunner(folder, summary.nodes)
    const indent = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`)
    const text = ['runner', ...indent(runner), 'kit', ...indent(await kit(folder)), ''].join('\n')
    await expect(text).toMatchFileSnapshot(join(import.meta.dirname, folder, 'expected.txt'))
  })
})
